import { once } from 'node:events';
import { rename, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startTestGateway } from './gateway.testkit.ts';

const install = `
entryPoints: { web: { address: "127.0.0.1:0" }, admin: { address: "127.0.0.1:0" } }
ping: {}
`;

async function start() {
  const upstream = createServer((_request, response) => response.end('served')).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  onTestFinished(() => void upstream.close());
  const { port } = upstream.address() as AddressInfo;
  const routes = `http:
  routers: { all: { rule: "PathPrefix(\`/\`)", service: up } }
  services: { up: { loadBalancer: { servers: [{ url: "http://127.0.0.1:${port}" }] } } }
`;
  const gateway = await startTestGateway({ install, routes: { 'a.yaml': routes } });
  onTestFinished(() => gateway.close());
  const get = async (url: string): Promise<string> => {
    const response = await fetch(url);
    return `${response.status} ${await response.text()}`;
  };
  return {
    gateway,
    routes,
    served: () => get(gateway.url),
    ready: () => get(`${gateway.urlOf('admin')}/ready`),
  };
}

it('a routes folder that disappears makes the gateway unready, and keeps its routes', async () => {
  const { gateway, served, ready } = await start();
  expect([await ready(), await served()]).toEqual(['200 OK', '200 served']);
  const reason = `${gateway.folder} cannot be read (ENOENT)`;
  await rename(gateway.folder, `${gateway.folder}-away`);
  await expect.poll(ready).toBe(`503 not ready: ${reason}`);
  expect(await served()).toBe('200 served');
  // The log follows once changes have settled.
  const logged = () => gateway.log.lines().map((line) => JSON.parse(line) as Record<string, unknown>);
  await expect
    .poll(logged)
    .toContainEqual(
      expect.objectContaining({ level: 'error', msg: 'cannot be read (ENOENT)', place: gateway.folder }),
    );
  await rename(`${gateway.folder}-away`, gateway.folder);
  await expect.poll(ready).toBe('200 OK');
  expect(await served()).toBe('200 served');
});

it('a routes folder whose last file is removed makes the gateway unready until it has another file', async () => {
  const { gateway, routes, served, ready } = await start();
  await unlink(join(gateway.folder, 'a.yaml'));
  await expect
    .poll(ready)
    .toBe(`503 not ready: ${gateway.folder} contains no file of routes: expected .yaml, .yml, .toml, .json`);
  expect(await served()).toBe('200 served');
  await writeFile(join(gateway.folder, 'b.yaml'), routes.replaceAll('all', 'other'));
  await expect.poll(ready).toBe('200 OK');
  expect(await served()).toBe('200 served');
});
