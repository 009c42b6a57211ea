import type { ExternalAuthConfig } from './install.ts';
import type { EntryPointInput } from './install-schema.ts';
import { externalAuthDefaults } from './entry-point-schema.ts';

/** Trusted peers of a forward-auth entry point without `trustedIPs`: proxies on the same machine. */
export const thisMachine: readonly string[] = Object.freeze(['127.0.0.0/8', '::1']);

/** Kind of external authorization of an entry point, by its options or its name; undefined: it serves routes. */
export function toExternalAuth(
  name: string,
  { forwardAuth, extAuthz }: Pick<EntryPointInput, 'forwardAuth' | 'extAuthz'>,
): ExternalAuthConfig | undefined {
  if (forwardAuth !== undefined || (name === 'forwardAuth' && extAuthz === undefined)) {
    const { statusMap, problemHeader, ...headers } = forwardAuth ?? externalAuthDefaults.forwardAuth;
    return Object.freeze({
      kind: 'forwardAuth',
      ...headers,
      statusMap: toStatusMap(statusMap),
      problemHeader,
      middleware: undefined,
    });
  }
  if (extAuthz === undefined && name !== 'extAuthz') return undefined;
  const { statusMap, middleware, ...headers } = extAuthz ?? externalAuthDefaults.extAuthz;
  return Object.freeze({
    kind: 'extAuthz',
    ...headers,
    statusMap: toStatusMap(statusMap),
    problemHeader: undefined,
    middleware,
  });
}

const toStatusMap = (written: Readonly<Record<string, number>>): ReadonlyMap<number, number> =>
  new Map(Object.entries(written).map(([from, to]) => [Number(from), to]));
