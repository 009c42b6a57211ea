import type { CallerView } from '../../packages/gateway/src/admin/api/caller-shape.ts';
import type { CertificateView } from '../../packages/gateway/src/admin/api/certificate-shape.ts';
import type { StoreView } from '../../packages/gateway/src/admin/api/store-shape.ts';
import {
  certificates,
  createCallers,
  createMiddleware,
  createService,
  stores,
} from './dashboard-state-data.testkit.ts';
import type {
  AuthorizationServerView,
  ConfigView,
  MiddlewareView,
  Overview,
  RecentRefusal,
  RouterFigures,
  RouterView,
  ServiceView,
  TokenMiddlewareView,
  TokenView,
} from '../../packages/gateway/src/admin/api/shapes.ts';
import type { ApiExplanation } from '../../packages/gateway/src/admin/api/explanation-shape.ts';

/** Invented data of an API. */
export interface DashboardData {
  readonly overview: Overview;
  readonly authorizationServers: readonly AuthorizationServerView[];
  readonly stores: readonly StoreView[];
  readonly certificates: readonly CertificateView[];
  readonly callers: readonly CallerView[];
  readonly routers: readonly RouterView[];
  readonly figures: RouterFigures;
  readonly middleware: (name: string) => MiddlewareView;
  readonly service: (name: string) => ServiceView;
  readonly tokens: readonly TokenView[];
  readonly tokenMiddlewares: readonly TokenMiddlewareView[];
  readonly refusals: readonly RecentRefusal[];
  readonly config: ConfigView;
  readonly explain: (parameters: URLSearchParams) => ApiExplanation;
}

/** A client ID that contains a script, and a character that reverses the direction of text. */
export const hostileClientID =
  '<script>document.title = "taken"</script><img src=x onerror=alert(1)>\u202Etxt.exe';
export const longClientID = 'x'.repeat(8_192);

const now = Date.now();
const time = (secondsAhead: number): string => new Date(now + secondsAhead * 1000).toISOString();
const endpoint = 'https://login.example.com/oauth2/token';

const section = (total: number, errors = 0) => ({ total, warnings: 0, errors });

const none = { routers: section(0), services: section(0), middlewares: section(0) };

const createOverview = (routers: number): Overview => ({
  http: { routers: section(routers, routers && 1), services: section(routers), middlewares: section(2) },
  tcp: none,
  udp: none,
  features: { tracing: '', metrics: 'Prometheus', accessLog: true, hub: false },
  providers: ['File'],
  version: '0.1.0',
  startedAt: time(-7_400),
  logLevel: 'info',
  workers: {
    ...{ configured: 2, replied: 2 },
    processes: [1, 2].map((worker) => ({
      ...{ worker, startedAt: time(-7_400), crashes: worker - 1 },
      lastCrash: worker === 1 ? null : { at: time(-200), reason: 'SIGKILL' },
    })),
  },
  ready: true,
  waitingFor: [],
  configuration: { loadedAt: time(-600), errors: routers && 1, warnings: 0 },
  requests: {
    total: routers * 20,
    byStatus: { '200': routers * 20 },
    refused: routers && 210,
    byCode: routers > 0 ? { claims_not_satisfied: 180, credentials_missing: 30 } : {},
  },
  tokens: {
    cached: routers,
    memory: routers * 18,
    store: routers,
    authorizationServer: routers,
    failingRenewals: 0,
  },
  authorizationServers: { total: routers && 2, failing: routers && 1 },
  stores: { total: routers && 2, failing: routers && 1 },
  certificates: {
    total: routers && 7,
    expiring: routers && 1,
    invalid: routers && 1,
    nextExpiry: routers > 0 ? time(-86_400) : null,
  },
  circuitBreakers: {
    total: routers && 3,
    open: routers && 2,
    refusing:
      routers > 0
        ? [
            { middleware: 'limit@file', state: 'open', until: time(3_600) },
            { middleware: 'orders-breaker@file', state: 'recovering', until: time(1_800) },
          ]
        : [],
  },
  connections: routers > 0 ? { web: 12 } : {},
});

const createServer = (change: Partial<AuthorizationServerView>): AuthorizationServerView => ({
  endpoint,
  use: 'token',
  middlewares: ['auth@file'],
  status: 'healthy',
  breaker: 'closed',
  breakerOpenUntil: null,
  inFlight: 1,
  waiting: 0,
  requests: 4_071,
  failures: 12,
  lastSuccess: time(-2),
  lastFailure: null,
  latencyMs: { p50: 18.2, p90: 44, p99: 120, max: 410, samples: 1_000 },
  retryAfter: null,
  ...change,
});

const failing = createServer({
  endpoint: 'https://partner.example.net/token',
  status: 'failing',
  breaker: 'open',
  breakerOpenUntil: time(9),
  waiting: 4,
  lastSuccess: null,
  lastFailure: {
    at: time(-4),
    reason: 'timeout',
    detail: 'no response within 5 s',
    clientID: hostileClientID,
  },
  latencyMs: null,
  retryAfter: { clients: 3, until: time(20) },
});

const introspection = createServer({ endpoint: 'https://as.example.com/introspect', use: 'introspection' });
const keySet = createServer({
  ...{ endpoint: 'https://as.example.com/jwks', use: 'keys', middlewares: [], latencyMs: null },
});

const createRouter = (index: number): RouterView => ({
  name: `team-${String(index).padStart(5, '0')}@file`,
  provider: 'file',
  status: index === 3 ? 'disabled' : 'enabled',
  ...(index === 3 && {
    error: ['routes/team-3.yaml:14:9: expected an https URL, got "htp://as.example.com"'],
  }),
  entryPoints: ['web'],
  using: ['web'],
  rule: `Host(\`api.example.com\`) && PathPrefix(\`/team/${index}\`)`,
  priority: 58,
  service: 'orders@file',
  middlewares: ['auth@file'],
  steps: ['limit@file', 'auth@file'],
  place: `routes/team-${index}.yaml:3:5`,
});

const clients = ['orders', 'billing', hostileClientID, longClientID];

const createToken = (index: number): TokenView => ({
  clientID: index < clients.length ? clients[index]! : `client-${index}`,
  middlewares: ['auth@file'],
  obtainedAt: time(-60 - (index % 500)),
  expiresAt: time(300 + (index % 900)),
  refreshAt: index % 7 === 1 ? null : time(200 + (index % 900)),
  failedRefreshes: index % 9 === 2 ? 3 : 0,
  source: 'authorizationServer',
  format: 'jwt',
  claims: ['aud', 'exp', 'grp'],
});

const createRefusal = (index: number): RecentRefusal => ({
  requestID: `7f3a${String(index).padStart(4, '0')}-1c2d-4e5f-9a0b-1c2d3e4f5a6b`,
  at: time(-index * 7 - 1),
  entryPoint: 'web',
  router: 'team-00001@file',
  service: 'orders@file',
  middleware: 'auth@file',
  clientID: index % 3 === 2 ? null : clients[index % clients.length]!,
  clientAddress: '192.0.2.7',
  authorization: index % 3 === 2 ? null : 'basic',
  method: 'POST',
  scheme: 'https',
  host: 'api.example.com',
  path: `/team/1/${index}`,
  status: index % 3 === 2 ? 401 : 403,
  code: index % 3 === 2 ? 'credentials_missing' : 'claims_not_satisfied',
  title: index % 3 === 2 ? 'Credentials missing' : 'Claims not satisfied',
  detail: 'The request was refused.',
  reason: index % 3 === 2 ? null : 'Equals(`grp`, `admin`) is false: grp is "guest"',
  durationMs: 0.31,
});

const explanation = (parameters: URLSearchParams): ApiExplanation => ({
  request: {
    method: parameters.get('method') ?? 'GET',
    scheme: 'http',
    host: parameters.get('host') ?? '',
    path: parameters.get('path') ?? '/',
    query: '',
    clientIP: '127.0.0.1',
  },
  results: [
    {
      entryPoint: parameters.get('entryPoint') ?? 'web',
      outcome: 'matched',
      summary: `team-00001@file takes ${parameters.get('path') ?? ''}`,
      router: {
        name: 'team-00001@file',
        rule: 'PathPrefix(`/team/1`)',
        priority: 58,
        status: 'enabled',
        service: 'orders@file',
      },
      middlewares: [
        { name: 'auth@file', type: 'oauthclientcredentials', status: 'enabled', effect: 'needs a token' },
      ],
      others: [
        {
          name: 'team-00002@file',
          rule: 'PathPrefix(`/team/2`)',
          priority: 58,
          matches: false,
          reason: 'PathPrefix(`/team/2`) does not match',
          failed: [],
        },
      ],
      omitted: 9_998,
    },
  ],
});

/** @param routers of the file provider; 0: a gateway without routes that has received no request. */
export function createDashboardData(routers: number, tokens: number): DashboardData {
  const some = routers > 0;
  return {
    overview: createOverview(routers),
    authorizationServers: some ? [createServer({}), failing, introspection, keySet] : [],
    stores: some ? stores : [],
    certificates: some ? certificates : [],
    callers: some ? createCallers(hostileClientID) : [],
    routers: Array.from({ length: routers }, (_, index) => createRouter(index)),
    figures: {
      requests: 20_412,
      byStatus: { '200': 19_000, '401': 900, '403': 480, '503': 32 },
      refused: 34,
      byCode: { claims_not_satisfied: 34 },
      durationMs: { p50: 0.42, p95: 3.1, p99: 22.4 },
    },
    middleware: createMiddleware,
    service: createService,
    tokens: Array.from({ length: tokens }, (_, index) => createToken(index)),
    tokenMiddlewares: [
      {
        middleware: 'auth@file',
        endpoint,
        cached: 412,
        memory: 17_102,
        store: 912,
        authorizationServer: 407,
        failingRenewals: 1,
      },
    ],
    refusals: some ? Array.from({ length: 200 }, (_, index) => createRefusal(index)) : [],
    config: {
      loadedAt: time(-600),
      install: {
        entryPoints: { web: { address: '127.0.0.1:8000' } },
        api: { actionsToken: '[redacted: urn:env:TOKEN, read 12:03:01]' },
      },
      http: { middlewares: some ? { 'auth@file': { oAuthClientCredentials: { url: endpoint } } } : {} },
      problems: some
        ? [
            {
              severity: 'error',
              place: 'routes/team-3.yaml:14:9',
              code: 'invalid_url',
              path: 'http.middlewares.auth.plugin.oAuthClientCredentials.url',
              message: 'expected an https URL, got "htp://as.example.com"',
            },
          ]
        : [],
    },
    explain: explanation,
  };
}
