import { z } from 'zod';
import { entryPointSchema } from './entry-point-schema.ts';
import {
  kubernetesGatewaySchema,
  kubernetesIngressSchema,
  kubernetesSchema,
  localReferences,
} from './kubernetes-schema.ts';

const lowerCase = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value);

/** Processes that one gateway may have. */
export const maxWorkers = 256;

/** Bounds of a histogram; each costs a series for every set of labels. */
const maxBuckets = 64;

const prometheus = z.strictObject({
  buckets: z
    .array(z.number().positive())
    .min(1)
    .max(maxBuckets)
    .refine((bounds) => bounds.every((bound, index) => index === 0 || bound > (bounds[index - 1] ?? 0)), {
      error: 'expected ascending numbers',
    })
    .default([0.1, 0.3, 1.2, 5])
    .describe('Upper bounds of the duration histograms, in seconds.'),
  addEntryPointsLabels: z.boolean().default(true).describe('Counts requests by entry point.'),
  addRoutersLabels: z.boolean().default(false).describe('Counts requests by router.'),
  addServicesLabels: z
    .boolean()
    .default(true)
    .describe('Counts requests by service, and shows the health of its servers and the connections to them.'),
});

const workers = z.preprocess(
  lowerCase,
  z.union([z.literal('auto'), z.int().min(1).max(maxWorkers)], {
    error: `expected auto or a whole number from 1 to ${maxWorkers}`,
  }),
);

/** The install configuration as a user writes it, `grantgate.yaml`; the source of its types, defaults, reference and JSON Schema. */
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
          allowLocalReferences: localReferences
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
  accessLog: z
    .strictObject({
      format: z
        .enum(['json', 'common'])
        .default('common')
        .describe('Formats of Traefik, with its field names.'),
      filePath: z.string().min(1).optional().describe('Default: standard output.'),
    })
    .optional()
    .describe('Writes one line per request.'),
  log: z
    .strictObject({
      level: z
        .preprocess(lowerCase, z.enum(['debug', 'info', 'warn', 'error']))
        .prefault('info')
        .describe('Minimum level; case-insensitive.'),
      format: z
        .enum(['json', 'common'])
        .default('json')
        .describe('`common` is for people, `json` for machines.'),
    })
    .prefault({})
    .describe("The gateway's own log, on standard error."),
  metrics: z
    .strictObject({
      prometheus: prometheus
        .optional()
        .describe('Serves `/metrics` on the entry point `admin`, in the text format of Prometheus.'),
    })
    .prefault({})
    .describe('Metrics for monitoring.'),
  api: z
    .strictObject({
      actions: z
        .boolean()
        .optional()
        .describe(
          'Enables `POST /api/tokens/purge` on the entry point `admin`. Default: enabled if that listens on a loopback address.',
        ),
    })
    .prefault({})
    .describe('Actions for operators.'),
  ping: z
    .union([z.boolean(), z.strictObject({})], { error: 'expected {} or a boolean' })
    .default(false)
    .describe(
      'Serves `/ping` and `/ready` on the entry point `admin`: 200 while the gateway runs, and once it has read all routes.',
    ),
  workers: workers
    .default(1)
    .describe(
      'Processes that serve requests: a number, or `auto` for one per CPU. Default: 1, without a primary process.',
    ),
});

/** Names of the install configuration that other versions act on. */
export const laterInstallNames = [
  'experimentalChannel',
  'ingressEndpoint',
  'statusAddress',
  'datadog',
  'influxDB2',
  'otlp',
  'statsD',
  'addInternals',
  'manualRouting',
  'headerLabels',
  'tracing',
  'dashboard',
  'disableDashboardAd',
  'debug',
  'basePath',
  'certificatesResolvers',
  'experimental',
  'hub',
  'crossProviderNamespaces',
] as const;

/** Names of Traefik's that make no difference here, with the reason. */
export const ignoredInstallNames = {
  allowEmptyServices: 'a route whose Service has no endpoints responds with 503',
  nativeLBByDefault: 'requests go to the endpoints of a Service',
  disableClusterScopeResources: 'cluster-scoped objects are not read',
  defaultTLSResourcesNamespace: 'the entry point holds the TLS certificates',
} as const;
