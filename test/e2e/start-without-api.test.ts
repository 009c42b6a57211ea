import { once } from 'node:events';
import { copyFile, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { Agent, createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestAuthority } from '../../packages/testkit/src/certificates.ts';
import { startTimeoutMs } from '../../packages/gateway/src/providers/kubernetes/output-delay.ts';
import { until } from '../../packages/testkit/src/until.ts';
import type { TestApiServer } from '../../packages/gateway/src/providers/kubernetes/api-server.testkit.ts';
import { startApiServer } from '../../packages/gateway/src/providers/kubernetes/api-server.testkit.ts';
import { rotateToken } from '../../packages/gateway/src/providers/kubernetes/following.testkit.ts';
import type { WorkerResponse } from './workers.testkit.ts';
import { serve, visit } from './workers.testkit.ts';

// In its own process: a test runner keeps the event loop alive, and a gateway without open handles exits.
let upstream: Server;
const opened: { close(): unknown }[] = [];

beforeAll(async () => {
  upstream = createHttpServer((_, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
});
afterAll(async () => {
  upstream.close();
  upstream.closeAllConnections();
  await Promise.all(opened.map((one) => one.close()));
});

const agent = new Agent({ keepAlive: false });
const route = `
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: late, namespace: apps }
spec: { routes: [{ match: Path(\`/late\`), services: [{ name: web, port: 80 }] }] }
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

/** An API server that is unavailable for some reason. */
interface Outage {
  readonly kubernetesCRD: object;
  /** The reason that the log names. */
  readonly reason: RegExp;
  /** Ends it; undefined if no change of the server can end it. */
  readonly end?: () => Promise<void> | void;
}

async function openApi(): Promise<TestApiServer> {
  const api = await startApiServer();
  opened.push(api);
  api.apply(`${route}---${service((upstream.address() as AddressInfo).port)}`);
  return api;
}

const access = (api: TestApiServer): object => ({
  endpoint: api.url,
  certAuthFilePath: api.caFile,
  token: `urn:file:${api.tokenFile}`,
});

/** Accepts connections on the port of an API server, and never responds. */
async function openSilence(port: number): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      sockets.forEach((socket) => socket.destroy());
    });
}

const outages: Readonly<Record<string, () => Promise<Outage>>> = {
  async 'refuses connections'() {
    const api = await openApi();
    await api.stop();
    return { kubernetesCRD: access(api), reason: /ECONNREFUSED/, end: () => api.start() };
  },
  async 'refuses the token (401)'() {
    const api = await openApi();
    api.acceptOnly('another');
    return { kubernetesCRD: access(api), reason: /401/, end: () => rotateToken(api, 'another') };
  },
  async 'allows nothing (403)'() {
    const api = await openApi();
    const all = ['ingressroutes', 'middlewares', 'services', 'endpointslices'];
    all.forEach((resource) => api.forbid(resource));
    return {
      kubernetesCRD: access(api),
      reason: /cannot be read.*403/,
      end: () => all.forEach((resource) => api.permit(resource)),
    };
  },
  async 'has a certificate of an unknown authority'() {
    const api = await openApi();
    const caFile = join(api.folder, 'wrong.crt');
    await writeFile(caFile, createTestAuthority('Another cluster').cert);
    return {
      kubernetesCRD: { ...access(api), certAuthFilePath: caFile },
      reason: /certificate|signature/,
      end: () => copyFile(api.caFile, caFile),
    };
  },
  async 'takes connections and never responds'() {
    const api = await openApi();
    await api.stop();
    const close = await openSilence(Number(new URL(api.url).port));
    return {
      kubernetesCRD: access(api),
      reason: /no answer|no response|time/,
      async end() {
        await close();
        await api.start();
      },
    };
  },
  'has a name that does not resolve': () =>
    Promise.resolve({
      kubernetesCRD: { endpoint: 'https://kubernetes.invalid', token: 'x' },
      reason: /ENOTFOUND|EAI_AGAIN/,
    }),
};

function start(outage: Outage, workers: number): WorkerResponse {
  const served = serve(
    {
      workers,
      ping: {},
      entryPoints: { web: { address: '127.0.0.1:0' }, admin: { address: '127.0.0.1:0' } },
      providers: { file: { filename: 'routes.yaml' }, kubernetesCRD: outage.kubernetesCRD },
    },
    {
      http: {
        routers: { file: { rule: 'Path(`/file`)', service: 'file' } },
        services: {
          file: {
            loadBalancer: {
              servers: [{ url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}` }],
            },
          },
        },
      },
    },
  );
  opened.push(served);
  return served;
}

/** The response for a URL, by entry point. */
async function reach(
  served: WorkerResponse,
): Promise<(entryPoint: string, path: string) => Promise<number | string>> {
  const lines = await served.untilLogged('listening', 2);
  const ports = new Map(lines.map(({ entryPoint, port }) => [entryPoint, port]));
  return (entryPoint, path) => visit(`http://127.0.0.1:${ports.get(entryPoint)}${path}`, agent);
}

describe('a gateway, while the API server', () => {
  it.concurrent.each([
    ...Object.keys(outages).map((name) => [name, 1] as const),
    ['refuses connections', 2] as const,
  ])(
    '%s, starts, serves the routes of files, is not ready, and recovers automatically (workers: %d)',
    async (name, workers) => {
      const outage = await outages[name]!();
      const served = start(outage, workers);
      const get = await reach(served);
      expect(await get('web', '/file')).toBe(200);
      expect(await get('web', '/late')).toBe(404);
      expect(await get('admin', '/ping')).toBe(200);
      expect(await get('admin', '/ready')).toBe(503);
      await until(() => outage.reason.test(served.text()));
      await outage.end?.();
      const isOver = outage.end !== undefined;
      await until(async () => (await get('admin', '/ready')) === (isOver ? 200 : 503));
      // On the first such response, without delay.
      expect(await get('web', '/late')).toBe(isOver ? 200 : 404);
      served.child.kill('SIGTERM');
      expect(await served.ended).toBe(0);
    },
    60_000,
  );

  it.concurrent.each([1, 2])(
    'is away, reopens log files on SIGUSR1 before it listens, and opens no debugger (workers: %d)',
    async (workers) => {
      const served = start(await outages['refuses connections']!(), workers);
      await served.untilLogged('Kubernetes API unavailable', 1);
      served.child.kill('SIGUSR1');
      await served.untilLogged('listening', 2);
      served.child.kill('SIGTERM');
      expect(await served.ended).toBe(0);
      expect(served.text()).not.toContain('Debugger');
    },
    60_000,
  );

  it.concurrent.each([1, 2])('is away, stops at once before it listens (workers: %d)', async (workers) => {
    const outage = await outages['refuses connections']!();
    const listening = await until(async () => {
      const begunMs = Date.now();
      const served = start(outage, workers);
      await served.untilLogged('Kubernetes API unavailable', 1);
      served.child.kill('SIGTERM');
      expect(await served.ended).toBe(0);
      const lines = served.logged('listening');
      // A gateway that got no processor time before its wait ended proves nothing: then another is started.
      return lines.every(({ time }) => Date.parse(time) - begunMs < startTimeoutMs) && lines;
    });
    expect(listening).toEqual([]);
  });
});
