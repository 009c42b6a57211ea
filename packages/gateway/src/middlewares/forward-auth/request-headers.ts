import { normalizeHeaderName } from '@grantgate/middleware/base/header-name';
import type { HeaderList } from '../../http1/message/header-list.ts';
import type { StepRequest } from '../step.ts';
import type { ForwardAuthOptions } from './schema.ts';

/** The headers of the request to the authentication server, as Traefik writes them. @param host of its URL. */
export function toAuthHeaders(
  request: StepRequest,
  host: string,
  { trustForwardHeader, authRequestHeaders }: AuthHeaderOptions,
): HeaderList {
  const { facts } = request;
  const all = request.headers();
  const authority = all[1] ?? facts.authority;
  const own = new Map([
    ['X-Forwarded-For', facts.remoteAddress],
    ['X-Forwarded-Method', facts.method],
    ['X-Forwarded-Proto', facts.scheme],
    ['X-Forwarded-Host', authority],
    ['X-Forwarded-Uri', request.target],
  ]);
  if (trustForwardHeader !== undefined)
    own.set('X-Forwarded-Port', /:(\d+)$/.exec(authority)?.[1] ?? (facts.scheme === 'https' ? '443' : '80'));
  const passes = toFilter(authRequestHeaders, trustForwardHeader === true);
  const headers = ['Host', host];
  for (let at = 2; at + 1 < all.length; at += 2) {
    const name = all[at] ?? '';
    const isForwarded = forwarded.test(normalizeHeaderName(name));
    if ((isForwarded && trustForwardHeader === false) || !passes(name, isForwarded)) continue;
    const canonical = toCanonicalName(name);
    // Headers from a trusted peer stay; otherwise only the values of this hop are used.
    if (own.has(canonical) && trustForwardHeader !== true) continue;
    own.delete(canonical);
    headers.push(name, all[at + 1] ?? '');
  }
  for (const [name, value] of own) headers.push(name, value);
  return headers;
}

type AuthHeaderOptions = Pick<ForwardAuthOptions, 'trustForwardHeader' | 'authRequestHeaders'>;

/** In the form of `normalizeHeaderName`. */
const forwarded = /^(?:x-forwarded-.*|x-real-ip|forwarded)$/;

function toFilter(
  names: readonly string[],
  isTrusted: boolean,
): (name: string, isForwarded: boolean) => boolean {
  if (names.length === 0) return () => true;
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  return (name, isForwarded) => wanted.has(name.toLowerCase()) || (isTrusted && isForwarded);
}

/** `X-Auth-User`: the form in which Go compares and matches names. */
export const toCanonicalName = (name: string): string =>
  name.toLowerCase().replace(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase());
