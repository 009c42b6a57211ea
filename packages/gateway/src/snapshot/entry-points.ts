import type { RouterConfig } from '../config/dynamic.ts';
import type { EntryPointConfig, RedirectionConfig } from '../config/entry-point-config.ts';
import { internalEntryPoints } from '../config/responding-entry-point.ts';

/** The properties of an entry point that routers depend on. */
export interface EntryPointFacts {
  readonly tls: boolean;
  /** Where it listens; undefined: unknown. */
  readonly port?: number;
  /** Qualified name of the TLS options of routers that name none; default: `default`. */
  readonly tlsOptions?: string | undefined;
  /** False for an entry point that serves only external authorization. */
  readonly routes: boolean;
  /** Whether it serves routers that name no entry point. Default: unless it is `admin` or `traefik`. */
  readonly byDefault?: boolean;
  /** Middlewares that run before those of each of its routers; qualified names. Default: none. */
  readonly middlewares?: readonly string[];
  /** Redirection of every request. Default: none. */
  readonly redirection?: RedirectionConfig | undefined;
}

/** Entry points as routers see them, by name. */
export type EntryPoints = ReadonlyMap<string, EntryPointFacts>;

export function toEntryPointFacts(entryPoints: ReadonlyMap<string, EntryPointConfig>): EntryPoints {
  const chosen = [...entryPoints.values()].some(({ asDefault }) => asDefault);
  return new Map(
    [...entryPoints].map(([name, { port, tls, externalAuth, asDefault, middlewares, redirection }]) => [
      name,
      {
        port,
        tls: tls !== undefined,
        tlsOptions: tls?.options,
        routes: externalAuth === undefined,
        byDefault: (asDefault || !chosen) && !internalEntryPoints.includes(name),
        middlewares,
        redirection,
      },
    ]),
  );
}

/** Name of the entry point that serves health and metrics; it serves a route only if the route names it. */
export const adminEntryPoint = 'admin';

/**
 * The entry points of a router: those that it names, or those that serve routers by default. As with Traefik's
 * `entryPoints.NAME.http.tls`, an entry point with TLS applies it to all of its routers; on another one, a router with `tls` serves
 * connections that begin with a TLS handshake.
 */
export function entryPointsOf(
  { entryPoints: named, listener }: Pick<RouterConfig, 'entryPoints' | 'listener'>,
  entryPoints: EntryPoints,
): readonly string[] {
  const candidates =
    named.length > 0
      ? named
      : [...entryPoints].flatMap(([name, { byDefault = !internalEntryPoints.includes(name) }]) =>
          byDefault ? [name] : [],
        );
  return candidates.filter((name) => {
    const entryPoint = entryPoints.get(name);
    if (entryPoint?.routes !== true) return false;
    if (listener === undefined) return true;
    // As in Traefik, a listener with its own certificates does not need those of the entry point.
    const isFitting = entryPoint.tls === listener.tls || (listener.tls && listener.hasCertificates === true);
    return isFitting && entryPoint.port === listener.port;
  });
}
