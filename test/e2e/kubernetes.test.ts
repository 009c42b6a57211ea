import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Gateway } from '../../packages/gateway/src/start/gateway.ts';
import { startGateway } from '../../packages/gateway/src/compose.ts';
import { parseInstall } from '../../packages/gateway/src/config/parse-install.ts';
import { definitions } from '../../packages/gateway/src/observe/metrics/catalogue.ts';
import { parseExposition } from '../../packages/gateway/src/observe/metrics/exposition.testkit.ts';
import type { TestApiServer } from '../../packages/gateway/src/providers/kubernetes/api-server.testkit.ts';
import { startApiServer } from '../../packages/gateway/src/providers/kubernetes/api-server.testkit.ts';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import type { EchoServer } from '../../packages/testkit/src/echo-server.ts';
import { startEchoServer, valuesOf } from '../../packages/testkit/src/echo-server.ts';
import type { CapturedSink } from './gateway.testkit.ts';
import { createCapturedSink } from './gateway.testkit.ts';

let api: TestApiServer;
let server: AuthorizationServer;
let upstream: EchoServer;
let gateway: Gateway;
let log: CapturedSink;

const secret = (value: string): string => `
apiVersion: v1
kind: Secret
metadata: { name: my-secret }
stringData: { clientID: machine, clientSecret: ${value} }
`;
/** Traefik Hub's example, unchanged except for `url`. */
const middleware = (url: string): string => `
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata:
  name: test-client-creds
spec:
  plugin:
    oAuthClientCredentials:
      url: ${url}
      clientID: urn:k8s:my-secret:my-secret:clientID
      clientSecret: urn:k8s:my-secret:my-secret:clientSecret
      audience: https://api.example.com
      forwardHeaders:
        Group: grp
        Expires-At: exp
      claims: Equals(\`grp\`, \`admin\`)
`;
const route = (port: number): string => `
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata:
  name: my-app
spec:
  entryPoints:
    - web
  routes:
    - kind: Rule
      match: Path(\`/my-app\`)
      services:
        - name: whoami
          port: 80
      middlewares:
        - name: test-client-creds
---
apiVersion: v1
kind: Service
metadata: { name: whoami }
spec: { ports: [{ name: web, port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: whoami-1, labels: { kubernetes.io/service-name: whoami } }
addressType: IPv4
ports: [{ name: web, port: ${port} }]
endpoints: [{ addresses: [127.0.0.1], conditions: { ready: true } }]
`;

beforeAll(async () => {
  server = await startAuthorizationServer({
    clients: [{ clientId: 'machine', clientSecret: 'first-secret', claims: { grp: 'admin' } }],
  });
  upstream = await startEchoServer();
  api = await startApiServer();
  api.apply([secret('first-secret'), middleware(server.url), route(upstream.port)].join('---'));
  const { config } = parseInstall(
    `
entryPoints: { web: { address: "127.0.0.1:0" }, admin: { address: "127.0.0.1:0" } }
providers: { kubernetesCRD: { kubeconfig: ${api.kubeconfig} } }
ping: {}
metrics: { prometheus: {} }
`,
    'grantgate.yaml',
  );
  log = createCapturedSink();
  gateway = await startGateway(config!, {
    env: { GATEWAY_SECRET: 'the-gateway-s' },
    stdout: createCapturedSink(),
    stderr: log,
  });
});
afterAll(async () => {
  await gateway.drain();
  await Promise.all([api.close(), upstream.close(), server.close()]);
});

const call = (path: string, entryPoint = 'web'): Promise<Response> =>
  fetch(`http://127.0.0.1:${gateway.addresses.get(entryPoint)!.port}${path}`);
const becomes = (status: number): Promise<void> =>
  expect.poll(async () => (await call('/my-app')).status).toBe(status);

beforeEach(async () => {
  server.setClient({ clientId: 'machine', clientSecret: 'first-secret', claims: { grp: 'admin' } });
  api.apply([secret('first-secret'), middleware(server.url), route(upstream.port)].join('---'));
  await becomes(200);
});

it('counts requests to the API and watches, and reports that each resource was read', async () => {
  const exposition = parseExposition(await (await call('/metrics', 'admin')).text());
  const { types, labels } = exposition;
  for (const resource of ['ingressroutes', 'middlewares', 'services', 'endpointslices', 'secrets']) {
    for (const verb of ['list', 'watch'])
      expect(
        exposition.sum('grantgate_kubernetes_requests_total', { verb, resource, code: '200' }),
      ).toBeGreaterThan(0);
    expect(exposition.sum('grantgate_kubernetes_watches_open', { resource })).toBe(1);
    expect(exposition.sum('grantgate_kubernetes_synced', { resource })).toBe(1);
    // In seconds, not milliseconds.
    expect(exposition.sum('grantgate_kubernetes_silence_seconds', { resource })).toBeLessThan(120);
  }
  for (const metric of ['requests_total', 'watches_open', 'synced', 'silence_seconds'] as const) {
    const name = `grantgate_kubernetes_${metric}` as const;
    expect([types.get(name), labels.get(name)]).toEqual([definitions[name].type, definitions[name].labels]);
  }
});

it('protects a route of the cluster, and is ready', async () => {
  expect((await call('/ready', 'admin')).status).toBe(200);
  const response = await call('/my-app');
  expect(response.status).toBe(200);
  const echo = upstream.received.at(-1)!;
  expect(valuesOf(echo, 'authorization')[0]).toMatch(/^Bearer /);
  expect(valuesOf(echo, 'group')).toEqual(['admin']);
});

it('applies a rotated secret, refuses without it, and recovers', async () => {
  const asked = server.tokenRequests.length;
  server.setClient({ clientId: 'machine', clientSecret: 'second-secret', claims: { grp: 'admin' } });
  api.apply(secret('second-secret'));
  await expect
    .poll(async () => [(await call('/my-app')).status, server.tokenRequests.length > asked])
    .toEqual([200, true]);
  api.remove('Secret', 'default/my-secret');
  await becomes(503);
  api.apply(secret('second-secret'));
  await becomes(200);
});

it('keeps serving while the API server is unavailable, and then applies the changes made meanwhile', async () => {
  await api.stop();
  await expect.poll(() => log.text()).toContain('Kubernetes API unavailable');
  expect((await call('/my-app')).status).toBe(200);
  api.remove('IngressRoute', 'default/my-app');
  await api.start();
  await becomes(404);
  api.apply(route(upstream.port));
  await becomes(200);
});

it('describes the problem of a broken object in an Event and in the log, and shows no secret', async () => {
  api.apply(middleware(server.url).replace('Equals(`grp`', 'Equal(`grp`'));
  await becomes(503);
  await expect
    .poll(() => api.events.map(({ regarding }) => regarding))
    .toContainEqual(
      expect.objectContaining({ kind: 'Middleware', namespace: 'default', name: 'test-client-creds' }),
    );
  expect(log.text()).toContain('"kind":"Middleware","namespace":"default","name":"test-client-creds"');
  expect(log.text() + JSON.stringify(api.events)).not.toMatch(/first-secret|second-secret|token-1/);
});

it('refuses a middleware that refers to files or variables of the gateway, and reads none of them', async () => {
  const stolen = join(api.folder, 'token');
  const asked = server.tokenRequests.length;
  for (const [reference, option] of [
    [`urn:file:${stolen}`, 'clientSecret'],
    ['URN:ENV:GATEWAY_SECRET', 'clientSecret'],
    [`urn:file:${stolen}`, 'clientID'],
  ] as const) {
    api.apply(middleware(server.url));
    await becomes(200);
    api.apply(middleware(server.url).replace(`urn:k8s:my-secret:my-secret:${option}`, reference));
    await becomes(503);
    await expect
      .poll(() => api.events.map(({ note }) => note))
      .toContainEqual(expect.stringContaining(`${option}: ${reference}: not allowed here`));
    expect(log.text()).toContain(`${reference}: not allowed here`);
  }
  const sent = JSON.stringify(server.tokenRequests.slice(asked));
  expect(sent).not.toContain(api.token);
  expect(sent).not.toContain('the-gateway-s');
  expect(log.text() + JSON.stringify(api.events)).not.toContain('the-gateway-s');
});
