import { z } from 'zod';
import { entryPointSchema } from './entry-point-schema.ts';
import { kubernetesSchema, localReferences } from './kubernetes-schema.ts';

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
      error: 'expected numbers that grow',
    })
    .default([0.1, 0.3, 1.2, 5])
    .describe('Upper bounds of the histograms of durations, in seconds.'),
  addEntryPointsLabels: z.boolean().default(true).describe('Counts requests by entry point.'),
  addRoutersLabels: z.boolean().default(false).describe('Counts requests by router.'),
  addServicesLabels: z
    .boolean()
    .default(true)
    .describe('Counts requests by service; with the health of its servers and the connections to them.'),
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
            .describe('A directory of routes, with everything below it.'),
          watch: z.boolean().default(true).describe('Takes up changes without a restart.'),
          allowLocalReferences: localReferences
            .optional()
            .describe(
              'The only `urn:env:` and `urn:file:` references that middlewares in these files may use, written as in `kubernetesCRD`. Default: any.',
            ),
        })
        .refine(({ filename, directory }) => filename !== undefined || directory !== undefined, {
          error: 'expected a filename or a directory',
        })
        .optional()
        .describe('Routes in files: one of `filename` and `directory`, or both.'),
      kubernetesCRD: kubernetesSchema
        .optional()
        .describe('Routes in a Kubernetes cluster: IngressRoute and Middleware of `traefik.io/v1alpha1`.'),
    })
    .prefault({})
    .describe('Where routes come from.'),
  accessLog: z
    .strictObject({
      format: z
        .enum(['json', 'common'])
        .default('common')
        .describe("Traefik's formats, with its names of fields."),
      filePath: z.string().min(1).optional().describe('Default: standard output.'),
    })
    .optional()
    .describe('With it, one line for each request.'),
  log: z
    .strictObject({
      level: z
        .preprocess(lowerCase, z.enum(['debug', 'info', 'warn', 'error']))
        .prefault('info')
        .describe('The least that is written; in any letter case.'),
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
        .describe('With it, `/metrics` on the entry point `admin`, in the text format of Prometheus.'),
    })
    .prefault({})
    .describe('What is counted, for monitoring.'),
  api: z
    .strictObject({
      actions: z
        .boolean()
        .optional()
        .describe(
          'Whether `POST /api/tokens/purge` is answered on the entry point `admin`. Default: when that listens on a loopback address.',
        ),
    })
    .prefault({})
    .describe('What operators may have the gateway do.'),
  ping: z
    .union([z.boolean(), z.strictObject({})], { error: 'expected {} or a boolean' })
    .default(false)
    .describe(
      '`/ping` and `/ready` on the entry point `admin`: 200 while the gateway runs, and once it has read all routes.',
    ),
  workers: workers
    .default(1)
    .describe(
      'Processes that serve requests: a number, or `auto` for one of each processor. Default: 1, without a process above it.',
    ),
});

/** Names of the install configuration that other versions act on. */
export const laterInstallNames = [
  'kubernetesIngress',
  'kubernetesGateway',
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
  allowEmptyServices: 'a route whose Service has no endpoints answers 503',
  nativeLBByDefault: 'requests go to the endpoints of a Service',
  disableClusterScopeResources: 'nothing of the scope of the cluster is read',
  defaultTLSResourcesNamespace: 'TLS certificates are those of the entry point',
} as const;
