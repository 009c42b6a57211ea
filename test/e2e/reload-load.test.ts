import { rename, writeFile } from 'node:fs/promises';
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import type { TestGateway } from './gateway.testkit.ts';
import { startTestGateway } from './gateway.testkit.ts';

/** More than the concurrent callers need: connections of a pool that a reload replaced would be additional. */
const callers = 8;
const reloads = 40;

let connections = 0;
const upstream = createServer((_request, response) => response.end('ok'));
upstream.on('connection', () => (connections += 1));
// If a server closes an idle connection, that is no fault of a reload.
upstream.keepAliveTimeout = 0;
let server: AuthorizationServer;
let gateway: TestGateway;
const agent = new Agent({ keepAlive: true, maxSockets: callers });

/** The route that all callers use never changes; the other routes do. */
const routes = (version: number): string => `
http:
  routers:
    stays: { rule: Path(\`/stays\`), middlewares: [own], service: echo }
    version: { rule: Path(\`/version/${version}\`), service: echo }
    other: { rule: Path(\`/other\`), service: other, priority: ${version + 1} }
  middlewares:
    own: { plugin: { oAuthClientCredentials: { url: "${server.url}", clientID: app, clientSecret: secret } } }
  services:
    echo: { loadBalancer: { servers: [{ url: "http://127.0.0.1:${(upstream.address() as AddressInfo).port}" }] } }
    other: { loadBalancer: { servers: [{ url: "http://127.0.0.1:1", weight: ${version + 1} }] } }
`;

beforeAll(async () => {
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  server = await startAuthorizationServer({ clients: [{ clientId: 'app', clientSecret: 'secret' }] });
  gateway = await startTestGateway({ routes: { 'a.yaml': routes(0) } });
});
afterAll(async () => {
  agent.destroy();
  await gateway.close();
  upstream.closeAllConnections();
  upstream.close();
  await server.close();
});

const status = (path: string): Promise<number | string> =>
  new Promise((resolve) => {
    const request = get(gateway.url + path, { agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', (error) => resolve(error.message));
    });
    request.on('error', (error) => resolve(error.message));
  });

it('a reload loses no request, keeps connections to unchanged servers, and requests no token twice', async () => {
  const answers = new Map<number | string, number>();
  let loading = true;
  const call = async (): Promise<void> => {
    while (loading) {
      const answer = await status('/stays');
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
  };
  const calling = Array.from({ length: callers }, call);
  for (let version = 1; version <= reloads; version += 1) {
    await writeFile(join(gateway.folder, 'a.tmp'), routes(version));
    await rename(join(gateway.folder, 'a.tmp'), join(gateway.folder, 'a.yaml'));
    await expect.poll(() => status(`/version/${version}`), { interval: 10 }).toBe(200);
  }
  loading = false;
  await Promise.all(calling);
  expect([...answers.keys()]).toEqual([200]);
  expect(gateway.log.text().split('configuration loaded').length - 1).toBeGreaterThan(reloads);
  // The request that looks for the version may need one connection more than there are concurrent callers.
  expect(connections).toBeLessThanOrEqual(2 * callers);
  expect(server.tokenRequests).toHaveLength(1);
});
