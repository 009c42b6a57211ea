import { readFile, readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedisCluster } from '../../packages/testkit/src/redis/redis-cluster.ts';
import { startRedisSentinel } from '../../packages/testkit/src/redis/redis-sentinel.ts';
import { startSingleRedis } from '../../packages/testkit/src/redis/redis.ts';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import type { Echo, EchoServer } from '../../packages/testkit/src/echo-server.ts';
import { startEchoServer, valuesOf } from '../../packages/testkit/src/echo-server.ts';
import type { TestGateway } from './gateway.testkit.ts';
import { startTestGateway } from './gateway.testkit.ts';
import { slowness, storeTroubles, untilStore, whileStoresAreQuick } from './shared-gateways.testkit.ts';

const examples = new URL('../../examples/', import.meta.url);

let server: AuthorizationServer;
let upstream: EchoServer;
beforeAll(async () => {
  server = await startAuthorizationServer({
    clients: [
      { clientId: 'my-oauth-client-name', clientSecret: 'mypasswd', claims: { grp: 'admin' } },
      { clientId: 'reader', clientSecret: 'reader-secret', claims: { grp: 'reader' } },
      { clientId: 'boss', clientSecret: 'boss-secret', claims: { grp: 'admin' } },
    ],
  });
  upstream = await startEchoServer();
});
afterAll(async () => {
  await upstream.close();
  await server.close();
});

/** Serves an example with another token endpoint, another port of the service and other endpoints of Redis. */
async function serve(
  name: string,
  redis: readonly { readonly host: string; readonly port: number }[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<TestGateway> {
  const text = await readFile(new URL(`${name}/routes.yaml`, examples), 'utf8');
  const here = text
    .replaceAll('https://tenant.auth0.com/oauth/token', server.url)
    .replaceAll('localhost:8080', `localhost:${upstream.port}`)
    .replaceAll('port: 8080', `port: ${upstream.port}`)
    .replace(/endpoints: .*/, `endpoints: [${redis.map(({ host, port }) => `${host}:${port}`).join(', ')}]`);
  return startTestGateway({ routes: { 'routes.yaml': here }, env });
}

const basic = (id: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${id}:${id}-secret`).toString('base64')}`,
});

it('every example is listed, and served by a test below', async () => {
  const folders = (await readdir(examples, { recursive: true }))
    .filter((path) => path.endsWith('/routes.yaml'))
    .map((path) => path.replace('/routes.yaml', ''));
  const listed = await readFile(new URL('README.md', examples), 'utf8');
  expect(folders.sort()).toEqual([
    'application-level',
    // These run with their proxies, in beside-proxies.test.ts.
    'beside-caddy',
    'beside-envoy',
    'beside-haproxy',
    'beside-nginx',
    'beside-traefik',
    'gateway-level',
    // These run in mcp.test.ts.
    'mcp',
    'redis/cluster',
    'redis/sentinel',
    'redis/single',
    // These run in token-exchange.test.ts.
    'token-exchange',
  ]);
  for (const folder of folders) expect(listed).toContain(`(${folder})`);
});

describe('examples/gateway-level', () => {
  it("adds the gateway's token and headers from its claims", async () => {
    const gateway = await serve('gateway-level');
    const response = await fetch(`${gateway.url}/api/x`);
    expect(response.status).toBe(200);
    const echo = (await response.json()) as Echo;
    expect(valuesOf(echo, 'authorization')[0]).toMatch(/^Bearer ey/);
    expect(valuesOf(echo, 'group')).toEqual(['admin']);
    expect(gateway.log.text()).not.toMatch(/"level":"(warn|error)"/);
    await gateway.close();
  });
});

describe('examples/application-level', () => {
  it('lets readers read and only writers write', async () => {
    const gateway = await serve('application-level');
    const status = async (method: string, headers: Record<string, string>): Promise<number> =>
      (await fetch(`${gateway.url}/orders/1`, { method, headers })).status;
    expect(await status('GET', {})).toBe(401);
    expect(await status('GET', basic('reader'))).toBe(200);
    expect(await status('POST', basic('reader'))).toBe(403);
    expect(await status('POST', basic('boss'))).toBe(200);
    expect(gateway.log.text()).not.toMatch(/"level":"error"/);
    await gateway.close();
  });
});

describe('examples/redis', () => {
  const password = 'redis-password';
  it.each([
    ['single', () => startSingleRedis({ password })],
    ['cluster', () => startRedisCluster({ password })],
    ['sentinel', () => startRedisSentinel({ password })],
  ])('shares a token with a gateway that starts later (%s)', async (name, startRedis) => {
    const redis = await startRedis();
    const env = { STORE_SECRET: '0123456789abcdef', REDIS_PASSWORD: password };
    const gateways: TestGateway[] = [];
    let readers = 0;
    const id = await whileStoresAreQuick(
      () => gateways,
      async () => {
        const reader = `${name}-reader-${(readers += 1)}`;
        server.setClient({ clientId: reader, clientSecret: `${reader}-secret`, claims: { grp: 'reader' } });
        for (let count = 0; count < 2; count += 1) {
          const gateway = await serve(`redis/${name}`, redis.options.endpoints, env);
          gateways.push(gateway);
          await untilStore(gateway, 'available');
          const answer = await fetch(`${gateway.url}/orders/1`, { headers: basic(reader) });
          expect(answer.status).toBe(200);
        }
        return reader;
      },
    );
    expect(server.tokenRequests.filter(({ clientId }) => clientId === id)).toHaveLength(1);
    for (const gateway of gateways) {
      expect(storeTroubles(gateway).filter((trouble) => !slowness.test(trouble))).toEqual([]);
      const warnings = gateway.log.lines().filter((line) => /"level":"(warn|error)"/.test(line));
      expect(warnings.filter((line) => !line.includes('token store'))).toEqual([]);
      await gateway.close();
    }
    await redis.close();
  });
});
