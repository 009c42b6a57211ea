import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSingleRedis } from '../../../packages/testkit/src/redis/redis.ts';
import { startTestGateway } from '../../e2e/gateway.testkit.ts';
import { startTraefik, traefikProgram } from '../traefik/real.testkit.ts';

/** A service, and Redis for both proxies. */
async function startServers() {
  const redis = await startSingleRedis();
  onTestFinished(() => redis.close());
  const service = createServer((_request, response) => response.end('ok'));
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void service.close());
  const [endpoint] = redis.options.endpoints;
  return {
    redis: `${endpoint?.host ?? ''}:${endpoint?.port ?? 0}`,
    url: `http://127.0.0.1:${(service.address() as AddressInfo).port}`,
  };
}

const toRoutes = (url: string, redis: string, limit: object): string =>
  JSON.stringify({
    http: {
      routers: {
        ready: { rule: 'Path(`/ready`)', service: 'up', priority: 100 },
        all: { rule: 'PathPrefix(`/`)', service: 'up', middlewares: ['limit'] },
      },
      middlewares: {
        limit: {
          rateLimit: {
            ...limit,
            sourceCriterion: { requestHeaderName: 'X-Key' },
            redis: { endpoints: [redis], readTimeout: '2s' },
          },
        },
      },
      services: { up: { loadBalancer: { servers: [{ url }] } } },
    },
  });

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startReal(routes: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'grantgate-limits-'));
  const address = `127.0.0.1:${await freePort()}`;
  writeFileSync(
    join(folder, 'traefik.yaml'),
    JSON.stringify({ entryPoints: { web: { address } }, providers: { file: { filename: 'routes.yaml' } } }),
  );
  writeFileSync(join(folder, 'routes.yaml'), routes);
  const real = await startTraefik(traefikProgram ?? '', folder, [address], { path: '/ready' });
  onTestFinished(async () => {
    await real.close();
    rmSync(folder, { recursive: true });
  });
  return `http://${address}`;
}

// Requires the real one, `TRAEFIK=PROGRAM`: a recording cannot replace a bucket that both use.
describe.runIf(traefikProgram !== undefined)('rateLimit.redis beside the real Traefik', () => {
  it('counts in the same buckets, whichever proxy receives a request', async () => {
    const { url, redis } = await startServers();
    const routes = toRoutes(url, redis, { average: 1, period: '1h', burst: 4 });
    const traefik = await startReal(routes);
    const gateway = await startTestGateway({ routes: { 'routes.yaml': routes } });
    onTestFinished(() => gateway.close());
    const send = async (proxy: string, key: string): Promise<number> =>
      (await fetch(`${proxy}/`, { headers: { 'X-Key': key } })).status;
    const statuses = [];
    for (const proxy of [traefik, gateway.url, traefik, gateway.url, traefik, gateway.url])
      statuses.push(await send(proxy, 'one'));
    expect(statuses).toEqual([200, 200, 200, 200, 429, 429]);
    // The same with the proxies exchanged.
    const others = [];
    for (const proxy of [gateway.url, gateway.url, gateway.url, traefik, traefik, gateway.url])
      others.push(await send(proxy, 'two'));
    expect(others).toEqual([200, 200, 200, 200, 429, 429]);
    expect(await send(traefik, 'three')).toBe(200);
  });
});
