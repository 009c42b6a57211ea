import { secretLimit } from '@grantgate/middleware/base/file-error';
import { readRegularFileSync } from '@grantgate/middleware/base/read-regular-file';
import type { AgentOptions } from 'node:https';
import type * as grpc from '@grpc/grpc-js';
import type { OtlpConfig, OtlpSignal } from '../config/otlp-config.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Resolves a reference, or returns a text unchanged. */
export type ReadHeader = (written: string) => string;

/** Options of an exporter over HTTP. */
export interface HttpExporterOptions {
  readonly url?: string;
  readonly headers: Record<string, string>;
  readonly httpAgentOptions?: AgentOptions;
}

/** Options of an exporter over gRPC. */
export interface GrpcExporterOptions {
  readonly url?: string;
  readonly metadata: grpc.Metadata;
  readonly credentials?: grpc.ChannelCredentials;
}

/** Without an option, the exporter reads the environment itself. */
const isInEnvironment = (env: Environment, signal: OtlpSignal): boolean =>
  [`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`, 'OTEL_EXPORTER_OTLP_ENDPOINT'].some(
    (name) => (env[name] ?? '') !== '',
  );

/** @throws FileError when a file of TLS cannot be read, and the errors of `read`. */
export function toHttpOptions(
  { endpoint, headers, tls }: OtlpConfig,
  {
    env,
    signal,
    read,
  }: { readonly env: Environment; readonly signal: OtlpSignal; readonly read: ReadHeader },
): HttpExporterOptions {
  const values = Object.entries(headers).map(([name, value]) => [name, read(value.reveal())]);
  return {
    ...(endpoint !== undefined
      ? { url: withPath(endpoint, signal) }
      : !isInEnvironment(env, signal) && { url: `https://localhost:4318/v1/${signal}` }),
    headers: Object.fromEntries(values) as Record<string, string>,
    ...(tls && {
      httpAgentOptions: {
        keepAlive: true,
        ca: readPem(tls.ca),
        cert: readPem(tls.cert),
        key: readPem(tls.key),
        rejectUnauthorized: !tls.insecureSkipVerify,
      },
    }),
  };
}

/** The path of the signal, for an endpoint that has none. */
function withPath(endpoint: string, signal: OtlpSignal): string {
  const url = new URL(endpoint);
  if (url.pathname === '/') url.pathname = `/v1/${signal}`;
  return url.href;
}

/** @throws FileError when a file of TLS cannot be read, and the errors of `read`. */
export function toGrpcOptions(
  { endpoint, insecure, headers, tls }: OtlpConfig,
  {
    env,
    signal,
    read,
    library,
  }: {
    readonly env: Environment;
    readonly signal: OtlpSignal;
    readonly read: ReadHeader;
    readonly library: typeof grpc;
  },
): GrpcExporterOptions {
  const metadata = new library.Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, read(value.reveal()));
  const fromEnvironment = endpoint === undefined && isInEnvironment(env, signal);
  const secure = library.credentials.createSsl(
    readPem(tls?.ca) ?? null,
    readPem(tls?.key) ?? null,
    readPem(tls?.cert) ?? null,
    { rejectUnauthorized: tls?.insecureSkipVerify !== true },
  );
  return {
    metadata,
    ...(!fromEnvironment && {
      url: `${insecure ? 'http' : 'https'}://${endpoint ?? 'localhost:4317'}`,
      credentials: insecure ? library.credentials.createInsecure() : secure,
    }),
  };
}

const readPem = (path: string | undefined): Buffer | undefined =>
  path === undefined ? undefined : readRegularFileSync(path, secretLimit);
