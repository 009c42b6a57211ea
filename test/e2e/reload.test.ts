import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EchoServer } from '../../packages/testkit/src/echo-server.ts';
import { startEchoServer } from '../../packages/testkit/src/echo-server.ts';
import type { TestGateway } from './gateway.testkit.ts';
import { startTestGateway } from './gateway.testkit.ts';

let upstream: EchoServer;
let gateway: TestGateway;
const route = (path: string): string => `
http:
  routers: { api: { rule: "Path(\`${path}\`)", service: echo } }
  services: { echo: { loadBalancer: { servers: [{ url: "${upstream.url}" }] } } }
`;

beforeAll(async () => {
  upstream = await startEchoServer();
  gateway = await startTestGateway({ routes: { 'a.yaml': route('/one') } });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const status = async (path: string): Promise<number> => (await fetch(`${gateway.url}${path}`)).status;

it('a changed file takes effect while the gateway serves', async () => {
  expect(await status('/one')).toBe(200);
  await writeFile(join(gateway.folder, 'b.tmp'), route('/two'));
  await rename(join(gateway.folder, 'b.tmp'), join(gateway.folder, 'a.yaml'));
  await expect.poll(() => status('/two')).toBe(200);
  expect(await status('/one')).toBe(404);
});

it('an unreadable file keeps its last valid routes', async () => {
  const before = gateway.log.lines().length;
  await writeFile(join(gateway.folder, 'a.yaml'), 'http: [');
  await expect.poll(() => gateway.log.lines().slice(before).join('\n')).toContain('"code":"syntax"');
  expect(await status('/two')).toBe(200);
});
