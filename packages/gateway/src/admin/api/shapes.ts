import { z } from 'zod';
import { circuitShape, circuitState } from './circuit-shape.ts';

// JSON of the API. Types, OpenAPI document and tests derive from these schemas. Names are Traefik's if Traefik has the resource.

const count = z.int().min(0);
const ms = z.number().min(0);
const time = z.iso.datetime().describe('UTC, with milliseconds.');
export const place = z.string().describe('`file:line:column`, or a Kubernetes object.');
const counts = z.record(z.string(), count);

export const status = z
  .enum(['enabled', 'warning', 'disabled'])
  .describe('`disabled`: requests are refused with 503, or match nothing.');

const named = <S extends z.ZodType>(shape: S): z.ZodRecord<z.ZodString, S> => z.record(z.string(), shape);

const section = z.strictObject({ total: count, warnings: count, errors: count });
const protocolOverview = z.strictObject({
  routers: section,
  services: section,
  middlewares: section.optional(),
});

export const versionShape = z.strictObject({
  Version: z.string(),
  Codename: z.string(),
  startDate: time,
  disableDashboardAd: z.literal(true),
  node: z.string(),
  workers: z.int().min(1),
});

export const overviewShape = z.strictObject({
  http: protocolOverview,
  tcp: protocolOverview,
  udp: protocolOverview,
  features: z.strictObject({
    tracing: z.string(),
    metrics: z.string(),
    accessLog: z.boolean(),
    hub: z.literal(false),
  }),
  providers: z.array(z.string()),
  version: z.string(),
  startedAt: time.describe('Of the oldest worker that serves.'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']),
  workers: z
    .strictObject({
      configured: z.int().min(1),
      replied: count,
      processes: z.array(
        z.strictObject({
          worker: z.int().min(1),
          startedAt: time,
          crashes: count.describe('Of earlier processes with its number.'),
          lastCrash: z
            .strictObject({ at: time, reason: z.string().describe('Exit code or signal.') })
            .nullable(),
        }),
      ),
    })
    .describe('Processes that serve requests. `replied`: number of those whose state is in this response.'),
  ready: z.boolean(),
  waitingFor: z.array(z.string()),
  configuration: z.strictObject({ loadedAt: time, errors: count, warnings: count }),
  requests: z
    .strictObject({ total: count, byStatus: counts, refused: count, byCode: counts })
    .describe('Since the start of the gateway.'),
  tokens: z
    .strictObject({
      cached: count.describe('Credentials whose token is cached.'),
      memory: count,
      store: count,
      authorizationServer: count,
      failingRenewals: count,
    })
    .describe(
      'Besides `cached` and `failingRenewals`: look-ups since the start, by the source of the token.',
    ),
  authorizationServers: z.strictObject({ total: count, failing: count }),
  stores: z.strictObject({
    total: count,
    failing: count.describe('Unavailable, or with failing operations.'),
  }),
  certificates: z.strictObject({
    total: count,
    expiring: count.describe('Valid for less than 14 days.'),
    invalid: count.describe('Expired, or not valid yet.'),
    nextExpiry: time.nullable(),
  }),
  circuitBreakers: z
    .strictObject({
      total: count,
      open: count.describe('Open or recovering.'),
      refusing: z
        .array(z.strictObject({ middleware: z.string(), state: circuitState, until: time.nullable() }))
        .describe('The first 50 of these.'),
    })
    .describe('Of the middlewares `circuitBreaker`.'),
  connections: counts.describe('Open connections by entry point.'),
});

export const entryPointShape = z.looseObject({
  name: z.string(),
  address: z.string(),
  protocol: z.literal('http'),
  connections: count.optional().describe('Open connections.'),
});

const durations = z.strictObject({ p50: ms, p95: ms, p99: ms }).describe('Milliseconds, interpolated.');

const figures = z
  .strictObject({
    requests: count,
    byStatus: counts,
    refused: count.describe('Among the last refusals of `/api/requests/recent`.'),
    byCode: counts,
    durationMs: durations.nullable(),
  })
  .describe('Of one router, since the start.');

const identity = {
  name: z.string().describe('With its provider: `api@file`.'),
  provider: z.string(),
  status,
  error: z.array(z.string()).optional().describe('Errors and warnings, each `file:line:column: message`.'),
  place: place.optional(),
};

export const routerShape = z.strictObject({
  ...identity,
  entryPoints: z.array(z.string()),
  using: z.array(z.string()).describe('Entry points that serve it.'),
  rule: z.string(),
  priority: z.number(),
  service: z.string(),
  middlewares: z.array(z.string()).optional().describe('As configured.'),
  steps: z
    .array(z.string())
    .optional()
    .describe('The middlewares that run, outermost first: those of entry points and chains included.'),
  tls: z.strictObject({ options: z.string() }).optional(),
  figures: figures.optional(),
});

const serverShape = z.strictObject({
  url: z.string(),
  weight: z.number(),
  preservePath: z.boolean().optional(),
});

export const serviceShape = z.strictObject({
  ...identity,
  type: z.enum(['loadbalancer', 'weighted', 'failover']),
  usedBy: z.array(z.string()).optional(),
  loadBalancer: z.looseObject({ servers: z.array(serverShape), passHostHeader: z.boolean() }).optional(),
  weighted: z
    .strictObject({ services: z.array(z.strictObject({ name: z.string(), weight: z.number() })) })
    .optional(),
  failover: z.strictObject({ service: z.string(), fallback: z.string() }).optional(),
  serverStatus: z.record(z.string(), z.enum(['UP', 'DOWN'])).optional(),
  circuits: named(circuitShape)
    .optional()
    .describe('Circuit breakers on the way to it, by the name of their middleware.'),
});

export const middlewareShape = z.looseObject({
  ...identity,
  type: z.string().describe('Kind, in lower case.'),
  usedBy: z.array(z.string()).optional().describe('Routers that name it, directly or in a chain.'),
  circuit: circuitShape.optional().describe('Of a `circuitBreaker`.'),
});

export const rawDataShape = z.strictObject({
  routers: named(routerShape),
  middlewares: named(middlewareShape),
  services: named(serviceShape),
});

export const tokenSource = z.enum(['authorizationServer', 'store']);

export const tokenShape = z.strictObject({
  clientID: z.string(),
  middlewares: z.array(z.string()),
  obtainedAt: time,
  expiresAt: time,
  refreshAt: time.nullable().describe('A use after this time refreshes it; null during a refresh.'),
  failedRefreshes: count.describe('Refreshes that returned no newer token.'),
  source: tokenSource.describe('Source from which this process has it.'),
  format: z.enum(['jwt', 'opaque']),
  claims: z.array(z.string()).describe('Names of its claims.'),
});

export const tokenMiddlewareShape = z.strictObject({
  middleware: z.string(),
  endpoint: z.string().describe('Token endpoint, or issuer.'),
  cached: count,
  memory: count,
  store: count,
  authorizationServer: count,
  failingRenewals: count,
});

export const authorizationServerShape = z.strictObject({
  endpoint: z.string().describe('URL without user, password and values of its query.'),
  use: z
    .enum(['token', 'introspection', 'metadata', 'keys'])
    .describe(
      '`token`: token endpoint; `introspection`: introspection endpoint; `metadata`: issuer whose metadata are requested; `keys`: key set.',
    ),
  middlewares: z.array(z.string()),
  status: z.enum(['healthy', 'failing', 'unused']).describe('By the last request.'),
  breaker: z.enum(['closed', 'open', 'halfOpen']),
  breakerOpenUntil: time.nullable(),
  inFlight: count,
  waiting: count,
  requests: count,
  failures: count,
  lastSuccess: time.nullable(),
  lastFailure: z
    .strictObject({ at: time, reason: z.string(), detail: z.string(), clientID: z.string() })
    .nullable(),
  latencyMs: z
    .strictObject({ p50: ms, p90: ms, p99: ms, max: ms, samples: count })
    .nullable()
    .describe('Of the last requests, with retries.'),
  retryAfter: z
    .strictObject({ clients: count, until: time })
    .nullable()
    .describe('Clients whose requests wait because of `Retry-After` or after failures.'),
});

const problem = z.strictObject({
  severity: z.enum(['error', 'warning']),
  place,
  code: z.string(),
  path: z.string(),
  message: z.string(),
});

export const configShape = z.strictObject({
  loadedAt: time,
  install: z.record(z.string(), z.unknown()),
  http: z.strictObject({ middlewares: named(z.record(z.string(), z.unknown())) }),
  problems: z.array(problem),
});

export const refusalShape = z.strictObject({
  requestID: z.string(),
  at: time,
  entryPoint: z.string(),
  router: z.string().nullable(),
  service: z.string().nullable(),
  middleware: z.string().nullable().describe('Middleware that refused; null: the gateway itself.'),
  clientID: z.string().nullable(),
  clientAddress: z.string(),
  authorization: z
    .enum(['basic', 'bearer', 'dpop', 'other'])
    .nullable()
    .describe('Scheme of the header `Authorization`; null: no such header.'),
  method: z.string(),
  scheme: z.enum(['http', 'https']),
  host: z.string().describe('With the port, as received.'),
  path: z.string().describe('Without query.'),
  status: z.int(),
  code: z.string(),
  title: z.string(),
  detail: z.string(),
  reason: z.string().nullable().describe('For operators: the failed condition.'),
  durationMs: ms,
});

export const errorShape = z.strictObject({ message: z.string() });
export const logLevelShape = z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']) });
export const drainShape = z.strictObject({ draining: z.literal(true) });

export type ApiStatus = z.output<typeof status>;
export type Overview = z.output<typeof overviewShape>;
export type EntryPointView = z.output<typeof entryPointShape>;
export type RouterView = z.output<typeof routerShape>;
export type RouterFigures = z.output<typeof figures>;
export type ServiceView = z.output<typeof serviceShape>;
export type MiddlewareView = z.output<typeof middlewareShape>;
export type TokenView = z.output<typeof tokenShape>;
export type TokenMiddlewareView = z.output<typeof tokenMiddlewareShape>;
export type AuthorizationServerView = z.output<typeof authorizationServerShape>;
export type ConfigView = z.output<typeof configShape>;
export type RecentRefusal = z.output<typeof refusalShape>;
export type ApiLogLevel = z.output<typeof logLevelShape>['level'];
