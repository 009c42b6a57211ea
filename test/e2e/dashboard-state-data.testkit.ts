import type { CallerView } from '../../packages/gateway/src/admin/api/caller-shape.ts';
import type { CertificateView } from '../../packages/gateway/src/admin/api/certificate-shape.ts';
import type { MiddlewareView, ServiceView } from '../../packages/gateway/src/admin/api/shapes.ts';
import type { StoreView } from '../../packages/gateway/src/admin/api/store-shape.ts';

const now = Date.now();
const time = (secondsAhead: number): string => new Date(now + secondsAhead * 1000).toISOString();
const day = 86_400;

const createStore = (change: Partial<StoreView>): StoreView => ({
  name: 'redis.example.com:6379',
  topology: 'single',
  masterSet: null,
  database: 2,
  tls: true,
  middlewares: ['auth@file', 'limit@file'],
  status: 'available',
  since: time(-7_300),
  reason: null,
  workers: { total: 2, unavailable: 0 },
  operations: 18_204,
  failures: 0,
  invalidEntries: 0,
  lastSuccess: time(-1),
  lastFailure: null,
  latencyMs: { p50: 0.4, p90: 0.9, p99: 3.2, max: 18, samples: 512 },
  ...change,
});

/** Invented stores of an API. */
export const stores: readonly StoreView[] = [
  createStore({
    name: '10.1.0.1:26379,10.1.0.2:26379,10.1.0.3:26379',
    topology: 'sentinel',
    masterSet: 'tokens',
    database: 0,
    status: 'unavailable',
    since: time(-95),
    reason: 'no sentinel responds',
    workers: { total: 2, unavailable: 1 },
    failures: 41,
    lastFailure: { at: time(-95), operation: 'get', reason: 'no response within 250 ms' },
    latencyMs: null,
  }),
  createStore({}),
  createStore({ name: 'workers', topology: 'workers', database: null, tls: false, middlewares: [] }),
];

const createCertificate = (days: number, change: Partial<CertificateView> = {}): CertificateView => ({
  commonName: 'api.example.com',
  names: ['api.example.com', '*.api.example.com'],
  entryPoints: ['websecure'],
  origin: '/etc/grantgate/tls/api.example.com.pem',
  issuer: 'Example Issuing CA 2',
  serial: String(days + 100),
  notBefore: time((days - 90) * day),
  notAfter: time(days * day + 60),
  daysLeft: days,
  status: days < 0 ? 'invalid' : days < 14 ? 'expiring' : 'valid',
  ...change,
});

/** Invented certificates of an API. */
export const certificates: readonly CertificateView[] = [
  createCertificate(-1, { commonName: '', names: ['old.example.com'], origin: 'Secret apps/old-tls' }),
  createCertificate(9),
  ...[30, 60, 70, 80, 89].map((days) => createCertificate(days, { origin: null })),
];

/** Made-up callers of an API. @param hostileClientID one of them. */
export const createCallers = (hostileClientID: string): readonly CallerView[] => [
  {
    clientID: hostileClientID,
    middlewares: ['signed@file'],
    credentials: 1,
    refused: 1,
    expiresAt: time(240),
  },
  { clientID: 'ada', middlewares: ['signed@file'], credentials: 3, refused: 1, expiresAt: time(2_400) },
  { clientID: 'key-1', middlewares: ['keyed@file'], credentials: 1, refused: 0, expiresAt: null },
];

/** A circuit breaker, or a middleware that requests tokens. */
export const createMiddleware = (name: string): MiddlewareView => ({
  name,
  provider: 'file',
  status: 'enabled',
  ...(name.startsWith('auth')
    ? { type: 'oauthclientcredentials', plugin: { oAuthClientCredentials: {} } }
    : {
        type: 'circuitbreaker',
        circuitBreaker: { expression: 'NetworkErrorRatio() > 0.3' },
        circuit: { state: 'open', until: null, workers: { total: 2, open: 1 } },
      }),
});

/** A failover of two services, each with one server. */
export const createService = (name: string): ServiceView => {
  const common = { name, provider: 'file', status: 'enabled' } as const;
  if (name === 'orders@file')
    return { ...common, type: 'failover', failover: { service: 'near@file', fallback: 'far@file' } };
  const url = name === 'near@file' ? 'http://10.0.0.1:9000' : 'http://10.0.0.2:9000';
  return {
    ...common,
    type: 'loadbalancer',
    loadBalancer: { servers: [{ url, weight: 1 }], passHostHeader: true },
    serverStatus: { [url]: name === 'near@file' ? 'DOWN' : 'UP' },
  };
};
