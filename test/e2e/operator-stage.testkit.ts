import { createHmac } from 'node:crypto';
import { startEchoServer, type EchoServer } from '../../packages/testkit/src/echo-server.ts';
import { createTestAuthority } from '../../packages/testkit/src/certificates.ts';
import { openHttp2 } from '../../packages/testkit/src/http2-client.ts';
import { startSingleRedis, type SingleRedis } from '../../packages/testkit/src/redis/redis.ts';
import {
  json,
  startScriptedServer,
  type ScriptedServer,
} from '../../packages/testkit/src/scripted-server.ts';
import { startTokenServer, type TokenServer } from '../../packages/testkit/src/token-server.ts';
import { until } from '../../packages/testkit/src/until.ts';
import { serve, type WorkerResponse } from './workers.testkit.ts';

/** A gateway with a state that answers each question of an operator. */
export interface OperatorStage {
  readonly adminUrl: string;
  readonly server: TokenServer;
  readonly served: WorkerResponse;
  read(path: string): Promise<unknown>;
  close(): Promise<void>;
}

export const signingSecret = 'a-signing-secret-of-32-characters';
const own = { clientId: 'gateway', clientSecret: 'gateway-secret' };
const orders = { clientId: 'orders', clientSecret: 'orders-secret' };
const ownClient = { clientID: own.clientId, clientSecret: own.clientSecret };

const encode = (value: object | Buffer): string =>
  (Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value))).toString('base64url');

/** A JWT that the middleware `signed` verifies. */
export function signToken(claims: object): string {
  const expiry = Math.floor(Date.now() / 1000) + 600;
  const input = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ exp: expiry, ...claims })}`;
  return `${input}.${encode(createHmac('sha256', signingSecret).update(input).digest())}`;
}

interface StageParts {
  readonly server: TokenServer;
  readonly broken: ScriptedServer;
  readonly service: EchoServer;
  readonly redis: SingleRedis;
}

const createMiddlewares = ({ server, broken, redis }: StageParts) => ({
  callers: {
    plugin: {
      oAuthClientCredentials: {
        url: server.url,
        store: {
          secret: '0123456789abcdef',
          redis: { endpoints: redis.options.endpoints.map(({ host, port }) => `${host}:${port}`) },
        },
      },
    },
  },
  failing: { plugin: { oAuthClientCredentials: { ...ownClient, url: broken.url, clientConfig: { maxRetries: 0 } } } },
  signed: { plugin: { jwt: { signingSecret, audience: [], claims: 'Equals(`team`, `red`)' } } },
  opaque: { plugin: { oAuthIntrospection: { ...ownClient, clientConfig: { url: server.introspectionUrl } } } },
  keyed: {
    plugin: {
      apiKey: {
        keySource: { header: 'X-Api-Key' },
        // A hash of `open-sesame`, with SHA-1.
        secretValues: ['{SHA}piGucRdTwGb7+i3S1svNik60+fw='],
      },
    },
  },
  exchanged: { plugin: { oAuthTokenExchange: { ...ownClient, url: server.url, rfc8693: { audience: 'urn:orders' } } } },
  breaker: { circuitBreaker: { expression: 'NetworkErrorRatio() > 0.1', fallbackDuration: '10m', recoveryDuration: '10m' } },
}); // prettier-ignore

const createRoutes = (parts: StageParts) => {
  const balance = (url: string) => ({ loadBalancer: { servers: [{ url }] } });
  const route = (name: string, service: string, ...middlewares: string[]) => ({
    [name]: { rule: `PathPrefix(\`/${name}\`)`, service, middlewares },
  });
  return {
    http: {
      routers: {
        ...route('orders', 'weighted', 'callers'),
        ...route('failing', 'echo', 'failing'),
        ...route('signed', 'echo', 'signed'),
        ...route('opaque', 'echo', 'opaque'),
        ...route('keyed', 'echo', 'keyed'),
        ...route('exchanged', 'echo', 'exchanged'),
        ...route('flaky', 'gone', 'breaker'),
        typo: { rule: 'Hots(`a.example`)', service: 'echo' },
      },
      middlewares: createMiddlewares(parts),
      services: {
        echo: balance(parts.service.url),
        gone: balance('http://127.0.0.1:1'),
        near: {
          loadBalancer: {
            servers: [{ url: 'http://127.0.0.1:1' }],
            healthCheck: { path: '/', interval: '100ms' },
          },
        },
        weighted: { weighted: { services: [{ name: 'pair', weight: 9 }, { name: 'echo', weight: 1 }] } },
        pair: { failover: { service: 'near', fallback: 'echo' } },
      },
    },
  };
}; // prettier-ignore

/** Starts everything, kills worker 2, sends requests of each kind, and kills Redis. */
export async function startOperatorStage(): Promise<OperatorStage> {
  const server = await startTokenServer([own, orders]);
  const broken = await startScriptedServer((response) => json(response, 503, {}));
  const service = await startEchoServer();
  const redis = await startSingleRedis();
  const [soon, late] = [createTestAuthority('Soon CA', 9), createTestAuthority('Late CA', 90)];
  const pairs = [late.issue('api.example.com', ['127.0.0.1']), soon.issue('soon.example.com', ['soon.example.com'])];
  const files = Object.fromEntries(
    pairs.flatMap(({ cert, key }, at) => [[`${at}.pem`, cert], [`${at}.key`, key]]),
  );
  const certificates = [0, 1].map((at) => ({ certFile: `${at}.pem`, keyFile: `${at}.key` }));
  const install = {
    entryPoints: {
      web: { address: '127.0.0.1:0', asDefault: true },
      websecure: { address: '127.0.0.1:0', asDefault: true, tls: { certificates } },
      admin: { address: '127.0.0.1:0' },
    },
    api: {},
    workers: 2,
  };
  const served = serve(install, createRoutes({ server, broken, service, redis }), files);
  await served.untilLogged('worker ready', 2);
  const urlOf = (name: string): string => {
    const port = served.logged('listening').find(({ entryPoint }) => entryPoint === name)?.port ?? 0;
    return `${name === 'websecure' ? 'https' : 'http'}://127.0.0.1:${port}`;
  };
  const stage: OperatorStage = {
    adminUrl: urlOf('admin'),
    server,
    served,
    read: async (path) => (await fetch(`${urlOf('admin')}${path}`)).json(),
    async close() {
      served.close();
      await Promise.all([server.close(), broken.close(), service.close(), redis.close()]);
    },
  };
  try {
    // First, because a worker's counters end with it.
    const { pid = 0 } = served.logged('worker ready').find(({ worker }) => worker === 2) ?? {};
    process.kill(pid, 'SIGKILL');
    await served.untilLogged('worker ready', 3);
    await sendRequests(stage, urlOf('websecure'), late.cert);
    await redis.server.kill();
    await trip(urlOf('web'));
    return stage;
  } catch (error) {
    await stage.close();
    throw error;
  }
} // prettier-ignore

/** One request for each kind of caller that is refused, over HTTP/2, and some that are served. */
async function sendRequests({ server }: OperatorStage, url: string, ca: string): Promise<void> {
  const client = await openHttp2(url, { ca });
  const basic = ({ clientId, clientSecret }: typeof orders) =>
    `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
  const call = async (path: string, status: number, headers: Record<string, string>) => {
    const response = await client.send({ ':path': path, ...headers });
    if (response.status !== status) throw new Error(`${path}: ${response.status} ${response.body}`);
  };
  const token = await server.issue(orders);
  const revoked = await server.issue(orders);
  await server.revoke(orders, revoked);
  await call('/orders/1', 200, { authorization: basic(orders) });
  await call('/failing/1', 503, {});
  await call('/signed/1', 200, { authorization: `Bearer ${signToken({ sub: 'ada', team: 'red' })}` });
  await call('/signed/1', 403, { authorization: `Bearer ${signToken({ sub: 'bob', team: 'blue' })}` });
  await call('/opaque/1', 200, { authorization: `Bearer ${token}` });
  await call('/opaque/1', 401, { authorization: `Bearer ${revoked}` });
  await call('/keyed/1', 401, { 'x-api-key': 'open-barley' });
  await call('/exchanged/1', 200, { authorization: `Bearer ${token}` });
  await client.close();
}

/** Opens the circuit breaker in every worker. */
async function trip(url: string): Promise<void> {
  await until(async () => {
    const response = await fetch(`${url}/flaky/1`, { headers: { connection: 'close' } });
    return response.status === 503;
  });
}
