import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { request } from 'undici';
import { until } from '../../packages/testkit/src/until.ts';
import type { SingleRedis } from '../../packages/testkit/src/redis/redis.ts';
import { startSingleRedis } from '../../packages/testkit/src/redis/redis.ts';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import type { Echo, EchoServer } from '../../packages/testkit/src/echo-server.ts';
import { startEchoServer, valuesOf } from '../../packages/testkit/src/echo-server.ts';
import type { TestGateway } from './gateway.testkit.ts';
import { startTestGateway } from './gateway.testkit.ts';
import { untilStore, whileStoresAreQuick } from './shared-gateways.testkit.ts';

let server: AuthorizationServer;
let upstream: EchoServer;
let redis: SingleRedis;
let gateways: TestGateway[] = [];

beforeAll(async () => {
  server = await startAuthorizationServer({ clients: [] });
  upstream = await startEchoServer();
});
afterAll(async () => {
  await upstream.close();
  await server.close();
});
beforeEach(async () => {
  redis = await startSingleRedis();
  gateways = [];
});
afterEach(async () => {
  await Promise.all(gateways.map((gateway) => gateway.close()));
  await redis.close();
});

async function join(): Promise<TestGateway> {
  const gateway = await startTestGateway({
    routes: {
      'api.yaml': `
http:
  routers: { api: { rule: "PathPrefix(\`/\`)", middlewares: [callers], service: echo } }
  middlewares:
    callers:
      plugin:
        oAuthClientCredentials:
          url: ${server.url}
          store:
            keyPrefix: "gg:"
            secret: urn:env:STORE_SECRET
            redis: { endpoints: ["${redis.server.host}:${redis.server.port}"] }
  services: { echo: { loadBalancer: { servers: [{ url: "${upstream.url}" }] } } }
`,
    },
    env: { STORE_SECRET: '0123456789abcdef0123456789abcdef' },
  });
  gateways.push(gateway);
  return gateway;
}

/** Each test has its own client, so that no token of another test is used. */
let clients = 0;
function createClient(): { readonly id: string; readonly headers: { readonly authorization: string } } {
  const id = `client-${(clients += 1)}`;
  server.setClient({ clientId: id, clientSecret: `${id}-secret`, claims: { grp: 'admin' } });
  return {
    id,
    headers: { authorization: `Basic ${Buffer.from(`${id}:${id}-secret`).toString('base64')}` },
  };
}

const tokenRequestsOf = (id: string): number =>
  server.tokenRequests.filter(({ clientId }) => clientId === id).length;

async function call(gateway: TestGateway, headers: { readonly authorization: string }): Promise<number> {
  const answer = await request(gateway.url, { headers });
  await answer.body.dump();
  return answer.statusCode;
}

describe('gateways that share Redis', () => {
  it('cause one token request for a thousand concurrent first requests, and none when a gateway starts later', async () => {
    const [one, two] = [await join(), await join()];
    const { id } = await whileStoresAreQuick(
      () => gateways,
      async () => {
        const client = createClient();
        const statuses = await Promise.all(
          Array.from({ length: 1000 }, (_, index) => call(index % 2 === 0 ? one : two, client.headers)),
        );
        expect(new Set(statuses)).toEqual(new Set([200]));
        const late = await join();
        await untilStore(late, 'available');
        expect(await call(late, client.headers)).toBe(200);
        return client;
      },
    );
    expect(tokenRequestsOf(id)).toBe(1);
  });

  it('store no readable secret, and nothing that outlives its token', async () => {
    const gateway = await join();
    const { id, token, keys } = await until(async () => {
      await redis.server.command('FLUSHALL');
      const client = createClient();
      const answer = await request(gateway.url, { headers: client.headers });
      const [authorization = ''] = valuesOf((await answer.body.json()) as Echo, 'authorization');
      // When the lock is gone, the store has the token, if it stored the token in time.
      const found = await until(async () => {
        const names = (await redis.server.command('KEYS', '*')) as string[];
        return names.every((name) => !name.endsWith(':lock')) && names;
      });
      return found.length > 0 && { ...client, token: authorization.replace('Bearer ', ''), keys: found };
    });
    expect(keys).toHaveLength(1);
    const dump = await Promise.all(
      keys.map(async (key) => {
        const left = Number(await redis.server.command('PTTL', key));
        expect(left).toBeGreaterThan(0);
        expect(left).toBeLessThanOrEqual(3_600_000);
        return `${key} ${String(await redis.server.command('GET', key))}`;
      }),
    );
    for (const text of [id, `${id}-secret`, token, token.split('.')[1]!, 'admin', server.url])
      expect(dump.join('\n')).not.toContain(text);
    expect(keys[0]).toMatch(/^gg:[\w-]{43}$/);
  });
});
