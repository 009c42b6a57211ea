import { Secret } from '@grantgate/middleware/base/secret';
import type { z } from 'zod';
import type { logOtlpSchema, otlpResource, otlpTransport, tracingSchema } from './otlp-schema.ts';

/** How a signal is exported. */
export interface OtlpConfig {
  /** Undefined: as set in the environment, otherwise HTTP. */
  readonly protocol: 'http' | 'grpc' | undefined;
  /** As written; undefined: as set in the environment, otherwise on this machine. */
  readonly endpoint: string | undefined;
  /** For gRPC only. */
  readonly insecure: boolean;
  /** Texts, or references to them, by name. */
  readonly headers: Readonly<Record<string, Secret>>;
  readonly tls: OtlpTlsConfig | undefined;
}

/** Absolute paths of PEM files. */
export interface OtlpTlsConfig {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly insecureSkipVerify: boolean;
}

/** Of the resource that signals come from. */
export interface ResourceConfig {
  /** Undefined: as set in the environment. */
  readonly serviceName: string | undefined;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A log over OTLP. */
export interface LogExportConfig {
  readonly resource: ResourceConfig;
  readonly otlp: OtlpConfig;
}

/** Traces of requests. */
export interface TracingConfig {
  readonly resource: ResourceConfig;
  readonly otlp: OtlpConfig;
  /** Sample rate of traces that start here, 0 to 1; undefined: as set in the environment, otherwise 1. */
  readonly sampleRate: number | undefined;
  /** Whether requests for the gateway itself are traced. */
  readonly addsInternals: boolean;
  /** In lower case. */
  readonly requestHeaders: readonly string[];
  /** In lower case. */
  readonly responseHeaders: readonly string[];
  readonly safeQueryParams: ReadonlySet<string>;
}

type Transports = z.output<z.ZodObject<ReturnType<typeof otlpTransport>>>;

/** @param at makes paths absolute. */
export function toTracing(
  written: z.output<typeof tracingSchema>,
  at: (path: string) => string,
): TracingConfig {
  const lower = (names: readonly string[]): readonly string[] =>
    Object.freeze(names.map((name) => name.toLowerCase()));
  return Object.freeze({
    resource: toResource({
      ...written,
      resourceAttributes: { ...written.globalAttributes, ...written.resourceAttributes },
    }),
    otlp: toOtlp(written.otlp, at),
    sampleRate: written.sampleRate,
    addsInternals: written.addInternals,
    requestHeaders: lower(written.capturedRequestHeaders),
    responseHeaders: lower(written.capturedResponseHeaders),
    safeQueryParams: new Set(written.safeQueryParams),
  });
}

export const toResource = ({
  serviceName,
  resourceAttributes,
}: z.output<z.ZodObject<typeof otlpResource>>): ResourceConfig =>
  Object.freeze({ serviceName, attributes: Object.freeze(resourceAttributes) });

/** @param at makes paths absolute. */
export const toLogExport = (
  written: z.output<typeof logOtlpSchema> | undefined,
  at: (path: string) => string,
): LogExportConfig | undefined =>
  written && Object.freeze({ resource: toResource(written), otlp: toOtlp(written, at) });

/** @param at makes paths absolute. */
export function toOtlp({ http, grpc }: Transports, at: (path: string) => string): OtlpConfig {
  const { endpoint, headers = {}, tls } = grpc ?? http ?? {};
  const path = (file: string | undefined): string | undefined => file && at(file);
  return Object.freeze({
    protocol: grpc !== undefined ? 'grpc' : http !== undefined ? 'http' : undefined,
    endpoint,
    insecure: grpc?.insecure ?? false,
    headers: Object.freeze(
      Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, new Secret(value)])),
    ),
    tls:
      tls &&
      Object.freeze({
        ca: path(tls.ca),
        cert: path(tls.cert),
        key: path(tls.key),
        insecureSkipVerify: tls.insecureSkipVerify,
      }),
  });
}
