import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { preferredPorts } from '../../packages/gateway/src/cli/demo.ts';
import { startAuthorizationServer } from '../../packages/demo/src/authorization-server.ts';
import { startEchoServer } from '../../packages/demo/src/echo-server.ts';
import { demoClients } from '../../packages/gateway/src/cli/demo/files.ts';
import { startTestGateway } from '../e2e/gateway.testkit.ts';

const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
const readme = await read('README.md');

const basic = (id: string, secret: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});

describe('routes.yaml in the README', () => {
  const [, routes = ''] = /^```yaml\n(.*?)^```$/ms.exec(readme) ?? [];

  it('has at most ten lines', () => {
    expect(routes.trim().split('\n').length).toBeLessThanOrEqual(10);
  });

  it('names the ports of the demo', () => {
    expect(routes).toContain(`http://127.0.0.1:${preferredPorts.authorizationServer}/token`);
    expect(routes).toContain(`http://127.0.0.1:${preferredPorts.echo}'`);
  });

  it('serves requests with the authorization server and the service of the demo', async () => {
    const server = await startAuthorizationServer(0, demoClients);
    const echo = await startEchoServer(0);
    // The ports that it names may be in use on this machine; everything else is as printed.
    const text = routes
      .replace(`:${preferredPorts.authorizationServer}/`, `:${server.port}/`)
      .replace(`:${preferredPorts.echo}'`, `:${echo.port}'`);
    const gateway = await startTestGateway({ routes: { 'routes.yaml': text } });
    const get = (headers: Record<string, string>): Promise<Response> =>
      fetch(`${gateway.url}/orders/1`, { headers });
    const allowed = await get(basic('orders', 'orders-secret'));
    expect(allowed.status).toBe(200);
    expect(await allowed.text()).toMatch(/"path": "\/orders\/1".*"authorization": "Bearer ey/s);
    expect((await get({})).status).toBe(401);
    expect((await get(basic('orders', 'wrong-secret'))).status).toBe(401);
    expect((await get(basic('visitor', 'visitor-secret'))).status).toBe(403);
    expect(gateway.log.text()).not.toMatch(/"level":"error"/);
    await gateway.close();
    await echo.close();
    await server.close();
  });
});

describe('the versions in the README', () => {
  const row = (software: string): string =>
    readme.split('\n').find((line) => line.startsWith(`| ${software} `)) ?? '';

  it('are those of Node.js that the packages require and the tests run on', async () => {
    const manifest = JSON.parse(await read('packages/gateway/package.json')) as { engines: { node: string } };
    expect(manifest.engines.node).toBe('>=20.19.0');
    expect(row('Node.js')).toContain('20.19 and later');
    expect(await read('Makefile')).toMatch(/^NODE24 = 24\./m);
    expect(row('Node.js')).toContain('24 (`make test-node24`)');
  });

  it('are those of Traefik and Kubernetes that scripts build for the tests', async () => {
    const [, traefik = ''] = /^traefik_versions='(\d+\.\d+)/m.exec(await read('scripts/build-proxies')) ?? [];
    expect(row('Traefik')).toContain(`| ${traefik} (\`make test-proxies\`)`);
    const script = await read('scripts/build-kubernetes-binaries');
    const [, kubernetes = ''] = /^KUBERNETES=.*:-(\d+\.\d+)/m.exec(script) ?? [];
    expect(row('Kubernetes')).toContain(`| ${kubernetes} (\`make test-kubernetes\`)`);
    const chart = await read('deploy/helm/grantgate/Chart.yaml');
    const [, minimum = ''] = /^kubeVersion: '>=(\d+\.\d+)/m.exec(chart) ?? [];
    expect(row('Kubernetes')).toContain(`${minimum} and later`);
  });
});
