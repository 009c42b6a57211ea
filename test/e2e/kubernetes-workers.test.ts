import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseExposition } from '../../packages/gateway/src/observe/metrics/exposition.testkit.ts';
import type { TestApiServer } from '../../packages/gateway/src/providers/kubernetes/api-server.testkit.ts';
import { startApiServer } from '../../packages/gateway/src/providers/kubernetes/api-server.testkit.ts';
import { until } from '../../packages/testkit/src/until.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import type { WorkerResponse } from './workers.testkit.ts';
import { serve, visit } from './workers.testkit.ts';

let upstream: Server;
let issuer: AuthorizationServer;
let api: TestApiServer;
let served: WorkerResponse;

const resources = [
  ...['endpointslices', 'ingressroutes', 'middlewares', 'secrets', 'serverstransports', 'services'],
  ...['tlsoptions', 'tlsstores', 'traefikservices'],
];
const middleware = (options: string): string => `
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: { name: auth, namespace: apps }
spec:
  plugin:
    oAuthClientCredentials: { url: "${issuer.url}", clientID: urn:k8s:secret:keys:id, clientSecret: urn:k8s:secret:keys:secret, ${options} }
`;
const route = (name: string): string => `
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: ${name}, namespace: apps }
spec: { routes: [{ match: Path(\`/${name}\`), middlewares: [{ name: auth }], services: [{ name: web, port: 80 }] }] }
`;
const secret = (value: string): string => `
apiVersion: v1
kind: Secret
metadata: { name: keys, namespace: apps }
stringData: { id: machine, secret: ${value} }
`;
const service = (port: number): string => `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: apps }
spec: { ports: [{ port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-1, namespace: apps, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
ports: [{ port: ${port} }]
endpoints: [{ addresses: [127.0.0.1] }]
`;

beforeAll(async () => {
  upstream = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  issuer = await startAuthorizationServer({ clients: [{ clientId: 'machine', clientSecret: 'first' }] });
  api = await startApiServer();
  const { port } = upstream.address() as AddressInfo;
  api.apply([secret('first'), middleware(''), route('one'), service(port)].join('---'));
  served = serve(
    {
      workers: 3,
      entryPoints: { web: { address: '127.0.0.1:0' }, admin: { address: '127.0.0.1:0' } },
      providers: {
        kubernetesCRD: {
          endpoint: api.url,
          certAuthFilePath: api.caFile,
          token: `urn:file:${api.tokenFile}`,
        },
      },
      ping: {},
      metrics: { prometheus: {} },
    },
    {},
  );
  await served.untilLogged('worker ready', 3);
}, 120_000);
afterAll(async () => {
  served.close();
  upstream.close();
  upstream.closeAllConnections();
  await Promise.all([api.close(), issuer.close()]);
});

const agent = new Agent({ keepAlive: false });
const portOf = (name: string): number =>
  served.logged('listening').find(({ entryPoint }) => entryPoint === name)?.port ?? 0;
const ask = (path: string, entryPoint = 'web') =>
  visit(`http://127.0.0.1:${portOf(entryPoint)}${path}`, agent);
const scrape = async () => {
  // An open connection would delay the end of its worker.
  const headers = { connection: 'close' };
  const response = await fetch(`http://127.0.0.1:${portOf('admin')}/metrics`, { headers });
  return parseExposition(await response.text());
};
/** Resources with a watch; a resource appears once per watch. */
const watched = (): readonly string[] => api.watches.map(({ resource }) => resource).sort();
const lists = () => api.requests.filter(({ verb }) => verb === 'list').length;
/** Routers that each worker has served most recently. */
const loaded = (): readonly number[] => {
  const lines = served.logged('configuration loaded') as readonly { worker?: number; routers?: number }[];
  return [1, 2, 3].map((number) => lines.findLast(({ worker }) => worker === number)?.routers ?? 0);
};
/** The statuses of many requests, which are distributed to all workers. */
const askOften = async (path: string): Promise<ReadonlySet<number | string>> =>
  new Set(await Promise.all(Array.from({ length: 60 }, () => ask(path))));

describe('three workers with routes of a cluster', () => {
  it('follow the cluster with one process, serve, and are ready', async () => {
    await until(async () => (await ask('/ready', 'admin')) === 200);
    expect(await askOften('/one')).toEqual(new Set([200]));
    await until(() => watched().length === resources.length);
    expect(watched()).toEqual(resources);
    expect(lists()).toBe(resources.length);
  });

  it('count requests and watches once', async () => {
    const exposition = await scrape();
    for (const resource of resources) {
      expect(exposition.sum('grantgate_kubernetes_watches_open', { resource })).toBe(1);
      expect(exposition.sum('grantgate_kubernetes_synced', { resource })).toBe(1);
      expect(
        exposition.sum('grantgate_kubernetes_requests_total', { verb: 'list', resource, code: '200' }),
      ).toBe(1);
    }
  });

  it('apply each change of the cluster', async () => {
    api.apply(route('two'));
    await until(() => loaded().every((routers) => routers === 2));
    expect(await askOften('/two')).toEqual(new Set([200]));
    issuer.setClient({ clientId: 'machine', clientSecret: 'second' });
    api.apply(secret('second'));
    // The secret has changed: each worker drops the token that was obtained with the first one.
    await until(async () => (await ask('/two')) === 200 && issuer.tokenRequests.length >= 2);
    expect(await askOften('/two')).toEqual(new Set([200]));
  });

  it('are replaced from known state, without a request to the cluster', async () => {
    const before = api.requests.length;
    const [{ pid = 0 } = {}] = served.logged('worker ready');
    process.kill(pid, 'SIGKILL');
    await served.untilLogged('worker ready', 4);
    expect(await askOften('/two')).toEqual(new Set([200]));
    expect(api.requests).toHaveLength(before);
    expect(watched()).toEqual(resources);
  });

  it('write one Event per problem', async () => {
    api.apply(middleware('claims: Nope('));
    await until(() => api.events.length > 0);
    const writes = api.requests.filter(({ resource }) => resource === 'events');
    expect(writes.map(({ verb, status }) => `${verb} ${status}`)).toEqual(['create 201']);
    api.apply(middleware(''));
    await until(async () => (await askOften('/two')).has(200));
  });

  it('count the Events that a namespace rejects', async () => {
    api.terminate('ending');
    const broken = middleware('claims: Nope(').replace('namespace: apps', 'namespace: ending');
    api.apply(broken);
    const refused = async (): Promise<number> =>
      (await scrape()).sum('grantgate_kubernetes_events_refused_total', { reason: 'forbidden' });
    await until(async () => (await refused()) > 0);
    expect(await refused()).toBe(1);
    expect(served.logged('being terminated')).toMatchObject([
      { namespace: 'ending', reason: expect.stringContaining('being terminated') as string },
    ]);
    api.remove('Middleware', 'ending/auth');
  });

  it('are replaced by workers that read another part of the cluster', async () => {
    const file = join(served.folder, 'grantgate.yaml');
    const config = JSON.parse(readFileSync(file, 'utf8')) as { providers: { kubernetesCRD: object } };
    const kubernetesCRD = { ...config.providers.kubernetesCRD, namespaces: ['apps'] };
    writeFileSync(file, JSON.stringify({ ...config, providers: { kubernetesCRD } }));
    served.child.kill('SIGHUP');
    await served.untilLogged('worker ready', 7);
    expect(await askOften('/two')).toEqual(new Set([200]));
    // The watches of all namespaces end with the last worker that used them.
    await until(() => api.watches.every(({ namespace }) => namespace === 'apps'));
    expect(watched()).toEqual(resources);
  });

  it('exit together with the watches', async () => {
    served.child.kill('SIGTERM');
    expect(await served.ended).toBe(0);
    await until(() => api.watches.length === 0);
  });
});
