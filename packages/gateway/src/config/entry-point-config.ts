import type { OptionsOf } from '@grantgate/middleware/options/options-of';
import type { z } from 'zod';
import type { HostPort } from './address.ts';
import { externalAuthDefaults, type entryPointSchema } from './entry-point-schema.ts';

/** An entry point as written, with its defaults. */
export type EntryPointInput = z.output<typeof entryPointSchema>;

/** An entry point of TCP. */
export type ServedEntryPoint = Omit<EntryPointInput, 'address'> & { readonly address: HostPort };

/** @param given.at makes paths absolute. @param given.entryPoints all of them. */
export function toEntryPoint(
  name: string,
  written: ServedEntryPoint,
  {
    at,
    entryPoints,
  }: {
    readonly at: (path: string) => string;
    readonly entryPoints: Readonly<Record<string, ServedEntryPoint>>;
  },
) {
  const { address, forwardedHeaders, transport, http, asDefault, proxyProtocol, observability, http2 } =
    written;
  const externalAuth = toExternalAuth(name, written);
  const usuallyTrusted = externalAuth?.kind === 'forwardAuth' ? thisMachine : [];
  return {
    name,
    ...address,
    /** Path of a Unix socket that it listens on instead. */
    socketPath: undefined as string | undefined,
    /** Serves the routes that name no entry point. */
    asDefault,
    /** Undefined: no PROXY header is read. */
    proxyProtocol,
    observability,
    http2,
    tls: toTls(written, at),
    /** Middlewares of every route, before its own; qualified names. */
    middlewares: http.middlewares,
    redirection: toRedirection(written, entryPoints),
    /** CIDR ranges of peers whose `X-Forwarded-*` are trusted. */
    trustedIPs: forwardedHeaders.trustedIPs ?? usuallyTrusted,
    insecureForwardedHeaders: forwardedHeaders.insecure,
    transport: toTransport(transport, http),
    encodedCharacters: http.encodedCharacters,
    /** Authorizes requests for an external proxy, and serves no routes; undefined: it serves routes. */
    externalAuth,
  };
}

/** A listener; its schema describes the options. */
export type EntryPointConfig = OptionsOf<ReturnType<typeof toEntryPoint>>;

/** Peers whose PROXY header is trusted. */
export type ProxyProtocolConfig = NonNullable<EntryPointConfig['proxyProtocol']>;

/** Encoded characters that a path may contain. */
export type EncodedCharacters = EntryPointConfig['encodedCharacters'];

function toTls({ tls, http }: ServedEntryPoint, at: (path: string) => string) {
  if (tls === undefined && http.tls === undefined) return undefined;
  return {
    /** The first is the default for names that no certificate covers; empty: no handshake succeeds. */
    certificates: (tls?.certificates ?? []).map(({ certFile, keyFile }) => ({
      certFile: at(certFile),
      keyFile: at(keyFile),
    })),
    /** Qualified name of the TLS options for routers that name none; undefined: the default ones. */
    options: tls?.options ?? http.tls?.options,
  };
}

/** Limits of connections and requests; 0: no limit. */
const toTransport = (
  {
    respondingTimeouts,
    lifeCycle,
    keepAliveMaxRequests,
    keepAliveMaxTime,
  }: Readonly<EntryPointInput['transport']>,
  { maxHeaderBytes, maxHeaderFields, maxBodyBytes }: Readonly<EntryPointInput['http']>,
) => ({
  readTimeoutMs: respondingTimeouts.readTimeout,
  headerTimeoutMs: respondingTimeouts.headerTimeout,
  writeTimeoutMs: respondingTimeouts.writeTimeout,
  idleTimeoutMs: respondingTimeouts.idleTimeout,
  graceTimeoutMs: lifeCycle.graceTimeOut,
  acceptGraceTimeoutMs: lifeCycle.requestAcceptGraceTimeout,
  maxRequests: keepAliveMaxRequests,
  maxAgeMs: keepAliveMaxTime,
  maxHeaderBytes,
  maxHeaderFields,
  maxBodyBytes,
});

export type TransportConfig = EntryPointConfig['transport'];

/** Only redirections with a target; the parser has reported others. */
function toRedirection(
  { http, allowACMEByPass }: ServedEntryPoint,
  entryPoints: Readonly<Record<string, ServedEntryPoint>>,
) {
  const redirection = http.redirections?.entryPoint;
  if (redirection === undefined) return undefined;
  const port = /^:(\d+)$/.exec(redirection.to)?.[1] ?? entryPoints[redirection.to]?.address.port;
  return {
    ...redirection,
    /** Whether the paths of ACME challenges are excluded, so that routes can serve them. */
    exceptAcme: allowACMEByPass,
    port: String(port ?? ''),
  };
}

/** Redirection of all requests of an entry point. */
export type RedirectionConfig = NonNullable<EntryPointConfig['redirection']>;

/** Trusted peers of a forward-auth entry point without `trustedIPs`: proxies on the same machine. */
export const thisMachine: readonly string[] = Object.freeze(['127.0.0.0/8', '::1']);

/** External authorization of an entry point, by its options or its name; undefined: it serves routes. */
export function toExternalAuth(
  name: string,
  { forwardAuth, extAuthz }: Pick<EntryPointInput, 'forwardAuth' | 'extAuthz'>,
) {
  const isForwardAuth = forwardAuth !== undefined || (name === 'forwardAuth' && extAuthz === undefined);
  if (!isForwardAuth && extAuthz === undefined && name !== 'extAuthz') return undefined;
  const { statusMap, ...options } = isForwardAuth
    ? { ...(forwardAuth ?? externalAuthDefaults.forwardAuth), middleware: undefined }
    : { ...(extAuthz ?? externalAuthDefaults.extAuthz), problemHeader: undefined };
  return {
    /** Forward-auth (Envoy's HTTP form too) or `ext_authz` over gRPC. */
    kind: isForwardAuth ? ('forwardAuth' as const) : ('extAuthz' as const),
    ...options,
    /** Status of a refusal to the status to send instead. */
    statusMap: toStatusMap(statusMap),
  };
}

/** Options of external authorization. */
export type ExternalAuthConfig = NonNullable<EntryPointConfig['externalAuth']>;

const toStatusMap = (written: Readonly<Record<string, number>>): ReadonlyMap<number, number> =>
  new Map(Object.entries(written).map(([from, to]) => [Number(from), to]));
