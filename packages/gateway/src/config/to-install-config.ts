import { resolve } from 'node:path';
import { Secret } from '@grantgate/middleware/base/secret';
import { toAccessLog } from './access-log-config.ts';
import type { ApiConfig } from './api-config.ts';
import { isLoopback, type HostPort } from './address.ts';
import { toMetrics } from './metrics-config.ts';
import { toLogExport, toTracing } from './otlp-config.ts';
import { thisMachine, toExternalAuth } from './external-auth.ts';
import type { PemSource } from './dynamic.ts';
import type { DefaultTransportConfig } from './default-transport-config.ts';
import { toPem, toTransportLimits } from './servers-transport-schema.ts';
import type { EntryPointConfig, InstallConfig, LogConfig, RedirectionConfig } from './install.ts';
import { toKubernetes, toLocalReferences } from './parse-cluster.ts';
import type { InstallInput, EntryPointInput } from './install-schema.ts';
import { internalEntryPoints } from './install.ts';
import { udp } from './entry-point-schema.ts';

/** An entry point of TCP. */
type ServedEntryPoint = Omit<EntryPointInput, 'address'> & { readonly address: HostPort };

/** The install configuration without entry points that are not served. */
export type ServedInstall = Omit<InstallInput, 'entryPoints'> & {
  readonly entryPoints: Readonly<Record<string, ServedEntryPoint>>;
};

/** Removes UDP entry points. */
export function toServedInstall(install: InstallInput): ServedInstall {
  const served = Object.entries(install.entryPoints).flatMap(([name, entryPoint]) => {
    const { address } = entryPoint;
    return address === udp ? [] : [[name, { ...entryPoint, address }] as const];
  });
  return { ...install, entryPoints: Object.fromEntries(served) };
}

/**
 * The options in the gateway's internal form.
 * @param folder of the file; paths are relative to it.
 */
export function toInstallConfig(install: ServedInstall, folder: string): InstallConfig {
  const { file } = install.providers;
  const at = (path: string): string => resolve(folder, path);
  return Object.freeze({
    entryPoints: new Map(
      Object.entries(install.entryPoints).map(([name, entryPoint]) => [
        name,
        toEntryPoint(name, entryPoint, { at, install }),
      ]),
    ),
    providers: Object.freeze({
      file:
        file &&
        Object.freeze({
          paths: Object.freeze([file.filename, file.directory].filter((path) => path !== undefined).map(at)),
          watch: file.watch,
          localReferences:
            file.allowLocalReferences &&
            toLocalReferences('providers.file.allowLocalReferences', file.allowLocalReferences),
        }),
      kubernetes: toKubernetes(install.providers, at),
    }),
    serversTransport: install.serversTransport && toDefaultTransport(install.serversTransport, at),
    accessLog: install.accessLog && toAccessLog(install.accessLog, at),
    log: toLog(install.log, at),
    metrics: toMetrics(install.metrics, usualResponder(install), at),
    tracing: install.tracing && toTracing(install.tracing, at),
    ping: toPing(install),
    actions: install.api?.actions ?? isLoopback(install.entryPoints['admin']?.address.host),
    socketActions: install.api?.actions ?? install.api?.socket !== undefined,
    api: toApi(install, at),
    workers: install.workers,
  });
}

function toDefaultTransport(
  written: NonNullable<InstallInput['serversTransport']>,
  at: (path: string) => string,
): DefaultTransportConfig {
  const toSource = (text: string): PemSource => {
    const source = toPem(text);
    return source.kind === 'file' ? { ...source, path: at(source.path) } : source;
  };
  return Object.freeze({
    insecureSkipVerify: written.insecureSkipVerify,
    rootCAs: Object.freeze(written.rootCAs.map(toSource)),
    ...toTransportLimits(written),
  });
}

/** The default entry point for requests to the gateway itself; undefined: there is none. */
export const usualResponder = ({ entryPoints }: Pick<ServedInstall, 'entryPoints'>): string | undefined =>
  internalEntryPoints.find((name) => Object.hasOwn(entryPoints, name));

function toApi(install: ServedInstall, at: (path: string) => string): ApiConfig | undefined {
  const { api } = install;
  if (api === undefined) return undefined;
  const entryPoint = usualResponder(install);
  return Object.freeze({
    entryPoint,
    isLoopback: entryPoint !== undefined && isLoopback(install.entryPoints[entryPoint]?.address.host),
    isInsecure: api.insecure,
    dashboard: api.dashboard,
    basePath: api.basePath === '/' ? '' : api.basePath,
    socket: api.socket === undefined ? undefined : at(api.socket),
    actionsToken: api.actionsToken === undefined ? undefined : new Secret(api.actionsToken),
    effective: install,
  });
}

function toPing(install: ServedInstall): InstallConfig['ping'] {
  if (install.ping === false) return undefined;
  const { entryPoint, terminatingStatusCode = 503 } = install.ping === true ? {} : install.ping;
  return Object.freeze({
    entryPoint: entryPoint ?? usualResponder(install),
    terminatingStatus: terminatingStatusCode,
  });
}

const bytesPerMib = 1024 * 1024;
const msPerDay = 86_400_000;

function toLog(
  { level, format, filePath, otlp, ...file }: InstallInput['log'],
  at: (path: string) => string,
): LogConfig {
  return Object.freeze({
    level,
    format,
    otlp: toLogExport(otlp, at),
    file:
      filePath === undefined
        ? undefined
        : Object.freeze({
            path: at(filePath),
            maxBytes: (file.maxSize || 100) * bytesPerMib,
            maxBackups: file.maxBackups,
            maxAgeMs: file.maxAge * msPerDay,
            compress: file.compress,
          }),
  });
}

function toEntryPoint(
  name: string,
  written: ServedEntryPoint,
  { at, install }: { readonly at: (path: string) => string; readonly install: ServedInstall },
): EntryPointConfig {
  const {
    address,
    asDefault,
    tls,
    forwardedHeaders,
    transport,
    http,
    proxyProtocol,
    observability,
    http2,
    ...auth
  } = written;
  const { respondingTimeouts, lifeCycle } = transport;
  const externalAuth = toExternalAuth(name, auth);
  const usuallyTrusted = externalAuth?.kind === 'forwardAuth' ? thisMachine : [];
  return Object.freeze({
    name,
    host: address.host,
    port: address.port,
    asDefault,
    tls:
      tls || http.tls
        ? Object.freeze({
            certificates: Object.freeze(
              (tls?.certificates ?? []).map(({ certFile, keyFile }) =>
                Object.freeze({ certFile: at(certFile), keyFile: at(keyFile) }),
              ),
            ),
            options: tls?.options ?? http.tls?.options,
          })
        : undefined,
    proxyProtocol: proxyProtocol && Object.freeze(proxyProtocol),
    middlewares: Object.freeze(http.middlewares),
    redirection: toRedirection(written, install),
    observability: Object.freeze(observability),
    trustedIPs: Object.freeze(forwardedHeaders.trustedIPs ?? usuallyTrusted),
    insecureForwardedHeaders: forwardedHeaders.insecure,
    transport: Object.freeze({
      readTimeoutMs: respondingTimeouts.readTimeout,
      headerTimeoutMs: respondingTimeouts.headerTimeout,
      writeTimeoutMs: respondingTimeouts.writeTimeout,
      idleTimeoutMs: respondingTimeouts.idleTimeout,
      graceTimeoutMs: lifeCycle.graceTimeOut,
      acceptGraceTimeoutMs: lifeCycle.requestAcceptGraceTimeout,
      maxRequests: transport.keepAliveMaxRequests,
      maxAgeMs: transport.keepAliveMaxTime,
      maxHeaderBytes: http.maxHeaderBytes,
      maxHeaderFields: http.maxHeaderFields,
      maxBodyBytes: http.maxBodyBytes,
    }),
    http2: Object.freeze(http2),
    encodedCharacters: Object.freeze({
      slash: http.encodedCharacters.allowEncodedSlash,
      backSlash: http.encodedCharacters.allowEncodedBackSlash,
      nullCharacter: http.encodedCharacters.allowEncodedNullCharacter,
      semicolon: http.encodedCharacters.allowEncodedSemicolon,
      percent: http.encodedCharacters.allowEncodedPercent,
      questionMark: http.encodedCharacters.allowEncodedQuestionMark,
      hash: http.encodedCharacters.allowEncodedHash,
    }),
    externalAuth,
  });
}

/** Only redirections with a target; the parser has reported others. */
function toRedirection(
  { http, allowACMEByPass: exceptAcme }: ServedEntryPoint,
  { entryPoints }: ServedInstall,
): RedirectionConfig | undefined {
  const redirection = http.redirections?.entryPoint;
  if (redirection === undefined) return undefined;
  const { to, scheme, permanent, priority } = redirection;
  const port = /^:(\d+)$/.exec(to)?.[1] ?? entryPoints[to]?.address.port;
  return Object.freeze({ to, scheme, permanent, priority, exceptAcme, port: String(port ?? '') });
}
