import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FakeClock } from '../../packages/testkit/src/fake-clock.ts';
import { createFakeClock } from '../../packages/testkit/src/fake-clock.ts';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import type { Echo, EchoServer } from '../../packages/testkit/src/echo-server.ts';
import { startEchoServer, valuesOf } from '../../packages/testkit/src/echo-server.ts';
import type { TestGateway } from './gateway.testkit.ts';
import { startTestGateway } from './gateway.testkit.ts';

let clock: FakeClock;
let server: AuthorizationServer;
let upstream: EchoServer;
let gateway: TestGateway;

beforeAll(async () => {
  clock = createFakeClock();
  server = await startAuthorizationServer({
    clients: [{ clientId: 'app', clientSecret: 'app-secret' }],
    lifetimeSeconds: 100,
  });
  upstream = await startEchoServer();
  gateway = await startTestGateway({
    clock,
    routes: {
      'api.yaml': `
http:
  routers: { api: { rule: "Path(\`/\`)", middlewares: [own], service: echo } }
  middlewares:
    own: { plugin: { oAuthClientCredentials: { url: "${server.url}", clientID: app, clientSecret: app-secret } } }
  services: { echo: { loadBalancer: { servers: [{ url: "${upstream.url}" }] } } }
`,
    },
  });
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
  await server.close();
});

const token = async (): Promise<string> => {
  const response = await fetch(gateway.url);
  expect(response.status).toBe(200);
  return valuesOf((await response.json()) as Echo, 'authorization')[0]!;
};

it('a token is replaced before it expires, while requests continue with the old one and none waits', async () => {
  const first = await token();
  await clock.advance(85_000);
  // The authorization server does not respond for now: a request that waited for it would never end.
  const release = server.hold();
  expect(await Promise.all(Array.from({ length: 20 }, token))).toEqual(Array(20).fill(first));
  release();
  await expect.poll(token).not.toBe(first);
  expect(server.tokenRequests).toHaveLength(2);
  // The first token has expired meanwhile; the second has not.
  await clock.advance(20_000);
  expect(await token()).not.toBe(first);
  expect(server.tokenRequests).toHaveLength(2);
});
