import { z } from 'zod';
import { accessLogSchema } from './access-log-config.ts';
import { apiSchema } from './api-config.ts';
import { entryPointSchema } from './entry-point-schema.ts';
import { kubernetesGatewaySchema, kubernetesIngressSchema, kubernetesSchema } from './kubernetes-schema.ts';
import { localReferencesSchema } from './local-references.ts';
import { logSchema } from './log-config.ts';
import { metricsSchema } from './metrics-config.ts';
import { tracingSchema } from './otlp-config.ts';
import { respondingEntryPoint } from './responding-entry-point.ts';
import { serversTransportSchema } from './servers-transport-schema.ts';

const lowerCase = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value);

/** Maximum number of processes of a gateway. */
export const maxWorkers = 256;

const workers = z.preprocess(
  lowerCase,
  z.union([z.literal('auto'), z.int().min(1).max(maxWorkers)], {
    error: `expected auto or a whole number from 1 to ${maxWorkers}`,
  }),
);

const pingSchema = z.strictObject({
  entryPoint: respondingEntryPoint,
  terminatingStatusCode: z
    .int()
    .min(100)
    .max(599)
    .default(503)
    .describe('Status of `/ping` while the gateway shuts down.'),
});

/** The meaning of `ping: true`. */
export const pingDefaults = pingSchema.parse({});

/** The install configuration `grantgate.yaml`, as written; the source of its types, defaults, reference and JSON Schema. */
export const installSchema = z.strictObject({
  entryPoints: z
    .record(z.string(), entryPointSchema)
    .prefault({ web: { address: '127.0.0.1:8000' } })
    .describe('Listeners, by name. Default: `web` on `127.0.0.1:8000`.'),
  providers: z
    .strictObject({
      file: z
        .strictObject({
          filename: z.string().min(1).optional().describe('A file of routes.'),
          directory: z
            .string()
            .min(1)
            .optional()
            .describe('A directory of routes, including its subdirectories.'),
          watch: z.boolean().default(true).describe('Applies changes without a restart.'),
          allowLocalReferences: localReferencesSchema
            .optional()
            .describe(
              'The `urn:env:` and `urn:file:` references that middlewares in these files may use, in the format of `kubernetesCRD`. Default: all.',
            ),
        })
        .refine(({ filename, directory }) => filename !== undefined || directory !== undefined, {
          error: 'expected filename or directory',
        })
        .optional()
        .describe('Routes in files: `filename`, `directory`, or both.'),
      kubernetesCRD: kubernetesSchema
        .optional()
        .describe('Routes in a Kubernetes cluster: IngressRoute and Middleware of `traefik.io/v1alpha1`.'),
      kubernetesIngress: kubernetesIngressSchema
        .optional()
        .describe('Routes in a Kubernetes cluster: Ingress of `networking.k8s.io/v1`.'),
      kubernetesGateway: kubernetesGatewaySchema
        .optional()
        .describe('Routes in a Kubernetes cluster: HTTPRoute of `gateway.networking.k8s.io/v1`.'),
    })
    .prefault({})
    .describe('Sources of routes.'),
  serversTransport: serversTransportSchema
    .optional()
    .describe('Connections to servers, for services without their own transport.'),
  accessLog: accessLogSchema.optional().describe('Writes one line per request.'),
  log: logSchema.prefault({}).describe("The gateway's own log."),
  metrics: metricsSchema.prefault({}).describe('Metrics for monitoring.'),
  tracing: tracingSchema.optional().describe('Traces of requests, exported with OpenTelemetry.'),
  api: apiSchema
    .optional()
    .describe(
      'Serves the API of the gateway, read-only, on the entry point `admin`, otherwise `traefik`. Default: off.',
    ),
  ping: z
    .union([z.boolean(), pingSchema], { error: 'expected an object or a boolean' })
    .default(false)
    .describe('Serves `/ping` and `/ready`: 200 while the gateway runs, and once it has read all routes.'),
  workers: workers
    .default(1)
    .describe(
      'Processes that serve requests: a number, or `auto` for one per CPU. Default: 1, without a primary process.',
    ),
});

export type InstallInput = z.output<typeof installSchema>;
