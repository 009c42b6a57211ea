import { Secret } from '@grantgate/middleware/base/secret';
import type { OptionsOf } from '@grantgate/middleware/options/options-of';
import { z } from 'zod';

const tls = z
  .strictObject({
    ca: z.string().min(1).optional().describe('PEM file of the authorities. Default: those of Node.js.'),
    cert: z.string().min(1).optional().describe('PEM file of the client certificate.'),
    key: z.string().min(1).optional().describe('PEM file of its unencrypted private key.'),
    insecureSkipVerify: z.boolean().default(false).describe('Accepts any certificate; for tests only.'),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
    error: 'expected cert and key together',
  })
  .optional()
  .describe('TLS of the connection to the collector.');

const headers = z
  .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/), z.string().min(1))
  .default({})
  .describe(
    'Headers of each export, such as the key of a service: texts, `urn:env:VARIABLE` or `urn:file:PATH`.',
  );

/** The signals of OTLP, named as in its paths. */
export type OtlpSignal = 'traces' | 'metrics' | 'logs';

const http = (signal: OtlpSignal) =>
  z.strictObject({
    endpoint: z
      .url({ protocol: /^https?$/, error: 'expected an http or https URL' })
      .optional()
      .describe(
        `URL of the collector. Default: \`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT\`, \`OTEL_EXPORTER_OTLP_ENDPOINT\`, otherwise \`https://localhost:4318/v1/${signal}\`.`,
      ),
    headers,
    tls,
  });

const grpc = (signal: OtlpSignal) =>
  z.strictObject({
    endpoint: z
      .string()
      .regex(/^[^\s/]+:\d{1,5}$/, { error: 'expected HOST:PORT' })
      .optional()
      .describe(
        `Address of the collector. Default: \`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT\`, \`OTEL_EXPORTER_OTLP_ENDPOINT\`, otherwise \`localhost:4317\`.`,
      ),
    insecure: z.boolean().default(false).describe('Connects without TLS.'),
    headers,
    tls,
  });

/** How one signal reaches a collector; `grpc` takes precedence over `http`, which is the default. */
export const otlpTransport = (signal: OtlpSignal) => ({
  http: http(signal).optional().describe('Exports over HTTP, in protobuf.'),
  grpc: grpc(signal)
    .optional()
    .describe('Exports over gRPC; requires the package `@grpc/grpc-js`, and takes precedence over `http`.'),
});

/** Description of the gateway for a collector. */
export const otlpResource = {
  serviceName: z
    .string()
    .min(1)
    .optional()
    .describe('Attribute `service.name`. Default: `OTEL_SERVICE_NAME`, otherwise `grantgate`.'),
  resourceAttributes: z
    .record(z.string().min(1), z.string())
    .default({})
    .describe('More attributes of the resource, in addition to those of `OTEL_RESOURCE_ATTRIBUTES`.'),
};

const headerNames = z.array(z.string().min(1)).default([]);

/** `tracing` of the install configuration. */
export const tracingSchema = z.strictObject({
  ...otlpResource,
  addInternals: z
    .boolean()
    .default(false)
    .describe('Traces requests for `/ping`, `/ready`, `/metrics`, the API and the dashboard, too.'),
  globalAttributes: z
    .record(z.string().min(1), z.string())
    .default({})
    .describe('Deprecated, as in Traefik: use `resourceAttributes`.'),
  sampleRate: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      'Share of the traces that start here and are exported; a caller that sends `traceparent` decides itself. Default: `OTEL_TRACES_SAMPLER`, otherwise 1.',
    ),
  capturedRequestHeaders: headerNames.describe(
    'Headers of requests that become attributes. Those that carry secrets are redacted.',
  ),
  capturedResponseHeaders: headerNames.describe(
    'Headers of responses that become attributes. Those that carry secrets are redacted.',
  ),
  safeQueryParams: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Query parameters whose values become part of `url.query`; those of others are `REDACTED`, and so are those that usually hold a secret.',
    ),
  otlp: z.strictObject(otlpTransport('traces')).prefault({}).describe('Destination of traces.'),
});

/** `otlp` of a log. */
export const logOtlpSchema = z.strictObject({ ...otlpTransport('logs'), ...otlpResource });

type Transports = z.output<z.ZodObject<ReturnType<typeof otlpTransport>>>;

/** @param at makes paths absolute. */
export function toTracing(written: z.output<typeof tracingSchema>, at: (path: string) => string) {
  const { globalAttributes, resourceAttributes, serviceName, otlp, safeQueryParams, ...rest } = written;
  const { capturedRequestHeaders, capturedResponseHeaders, ...others } = rest;
  return {
    ...others,
    resource: toResource({
      serviceName,
      resourceAttributes: { ...globalAttributes, ...resourceAttributes },
    }),
    otlp: toOtlp(otlp, at),
    /** In lower case. */
    requestHeaders: capturedRequestHeaders.map((name) => name.toLowerCase()),
    /** In lower case. */
    responseHeaders: capturedResponseHeaders.map((name) => name.toLowerCase()),
    safeQueryParams: new Set(safeQueryParams) as ReadonlySet<string>,
  };
}

/** Traces of requests; their schema describes the options. */
export type TracingConfig = OptionsOf<ReturnType<typeof toTracing>>;

export const toResource = ({
  serviceName,
  resourceAttributes,
}: z.output<z.ZodObject<typeof otlpResource>>) => ({ serviceName, attributes: resourceAttributes });

/** The resource that signals come from. */
export type ResourceConfig = OptionsOf<ReturnType<typeof toResource>>;

/** @param at makes paths absolute. */
export const toLogExport = (written: z.output<typeof logOtlpSchema>, at: (path: string) => string) => ({
  resource: toResource(written),
  otlp: toOtlp(written, at),
});

/** A log over OTLP. */
export type LogExportConfig = OptionsOf<ReturnType<typeof toLogExport>>;

/** @param at makes paths absolute. */
export function toOtlp({ http, grpc }: Transports, at: (path: string) => string) {
  const { endpoint, headers = {}, tls } = grpc ?? http ?? {};
  const path = (file: string | undefined): string | undefined => file && at(file);
  return {
    /** Undefined: as set in the environment, otherwise HTTP. */
    protocol: grpc !== undefined ? ('grpc' as const) : http && ('http' as const),
    /** As written. */
    endpoint,
    /** For gRPC only. */
    insecure: grpc?.insecure ?? false,
    /** Texts, or references to them, by name. */
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, new Secret(value)])),
    tls: tls && { ...tls, ca: path(tls.ca), cert: path(tls.cert), key: path(tls.key) },
  };
}

/** How a signal is exported. */
export type OtlpConfig = OptionsOf<ReturnType<typeof toOtlp>>;
