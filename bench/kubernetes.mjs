// A gateway in a cluster of many routes: `node bench/kubernetes.mjs [ROUTES]`, after `make build`. The API server is that of
// the tests, in this process; with KUBEBUILDER_ASSETS, a real one. Prints the time from the start to ready, the routes that are
// not served then, the latency while nothing and while one route changes, the cost of one change of each kind for the thread that serves
// requests, and the memory, compared with a gateway in an empty cluster. Other programs lengthen times; they hardly change
// processor time.
import { writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { networkInterfaces } from 'node:os';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { openFakeServer, openRealServer } from './lib/api-servers.mjs';
import { root } from './lib/gateway.mjs';
import { listen } from './lib/listen.mjs';
import { openStage } from './lib/stage.mjs';
import { startTokenServer } from './lib/token-server.mjs';

const assets = process.env.KUBEBUILDER_ASSETS;
const openServer = assets === undefined ? openFakeServer : () => openRealServer(assets);

const count = Number(process.argv[2] ?? 1000);
const perSecond = 100;
const changeEveryMs = 500;
const loadMs = 20_000;
const changesOfKind = 30;

// A real API server accepts no endpoint on a loopback interface.
const host =
  Object.values(networkInterfaces())
    .flat()
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
const upstream = await listen((_request, response) => response.end('ok'), host);
const authorization = await startTokenServer((answered) => `t${answered}`);
const stage = openStage();
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

const secret = (n) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `keys-${n}`, namespace: 'apps' },
    stringData: { id: `client-${n}`, secret: `secret-${n}` },
  });
const middleware = (n) =>
  JSON.stringify({
    apiVersion: 'traefik.io/v1alpha1',
    kind: 'Middleware',
    metadata: { name: `auth-${n}`, namespace: 'apps' },
    spec: {
      plugin: {
        oAuthClientCredentials: {
          url: authorization.url,
          clientID: `urn:k8s:secret:keys-${n}:id`,
          clientSecret: `urn:k8s:secret:keys-${n}:secret`,
        },
      },
    },
  });
const route = (n, priority = 0) =>
  JSON.stringify({
    apiVersion: 'traefik.io/v1alpha1',
    kind: 'IngressRoute',
    metadata: { name: `route-${n}`, namespace: 'apps' },
    spec: {
      routes: [
        {
          match: `Path(\`/r/${n}\`)`,
          priority,
          middlewares: [{ name: `auth-${n}` }],
          services: [{ name: 'web', port: 80 }],
        },
      ],
    },
  });
const service = `
{ apiVersion: v1, kind: Service, metadata: { name: web, namespace: apps }, spec: { ports: [{ port: 80 }] } }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-1, namespace: apps, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
ports: [{ port: ${new URL(upstream.url).port} }]
endpoints: [{ addresses: ['${host}'] }]
`;

const ask = (port, path) =>
  new Promise((resolve) => {
    get({ port, path, agent }, (response) =>
      response.resume().on('end', () => resolve(response.statusCode)),
    ).on('error', () => resolve(0));
  });

/** Requests of a gateway to its API server. */
async function requestsOf(port) {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  const series = /^grantgate_kubernetes_requests_total\{(.*)\} (\d+)$/gm;
  const counts = Array.from((await response.text()).matchAll(series), ([, labels, value]) => [
    labels,
    Number(value),
  ]);
  const sum = (list) => list.reduce((total, [, value]) => total + value, 0);
  return { all: sum(counts), refused: sum(counts.filter(([labels]) => labels.includes('code="429"'))) };
}

/** Bytes of memory of a process. */
const memoryOf = (pid) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;

/** Milliseconds of processor time that the main thread of a process has used. */
const mainThreadOf = (pid) =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;

/** Seconds of processor time that a process has used, at 100 ticks a second. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function start(name, api, more = {}) {
  const file = stage.path(`${name}.yaml`);
  const access = { endpoint: api.url, certAuthFilePath: api.caFile, token: `urn:file:${api.tokenFile}` };
  await writeFile(
    file,
    JSON.stringify({
      entryPoints: { web: { address: '127.0.0.1:0' }, admin: { address: '127.0.0.1:0' } },
      providers: { kubernetesCRD: { ...access, ...more } },
      ping: {},
      metrics: { prometheus: {} },
      log: { format: 'json' },
    }),
  );
  const ports = new Map();
  const onLine = (line) => {
    if (!line.startsWith('{')) return;
    const { msg, entryPoint, port } = JSON.parse(line);
    if (msg === 'listening') ports.set(entryPoint, port);
  };
  const begin = performance.now();
  const main = `${root}packages/gateway/bin/grantgate.cjs`;
  const program = stage.run(process.execPath, [main, 'serve', '--config', file], { onLine });
  await stage.until(
    program,
    async () => ports.size === 2 && (await ask(ports.get('admin'), '/ready')) === 200,
  );
  return {
    ...program,
    readyMs: performance.now() - begin,
    readyCpu: cpuOf(program.pid),
    web: ports.get('web'),
    admin: ports.get('admin'),
  };
}

/** @param change makes the change with that number; without it, nothing changes. */
async function measureLatency(port, change) {
  const times = [];
  let failed = 0;
  let changes = 0;
  const pending = [];
  const begin = performance.now();
  for (let sent = 0; performance.now() - begin < loadMs; sent += 1) {
    const due = begin + (sent * 1000) / perSecond;
    await delay(Math.max(0, due - performance.now()));
    if (change !== undefined && performance.now() - begin > changes * changeEveryMs) change((changes += 1));
    const at = performance.now();
    pending.push(
      ask(port, `/r/${1 + (sent % 50)}`).then((status) => {
        times.push(performance.now() - at);
        if (status !== 200) failed += 1;
      }),
    );
  }
  await Promise.all(pending);
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return { p50: at(0.5), p99: at(0.99), worst: times.at(-1), failed, changes, sent: times.length };
}

/** Changes of each kind, numbered. */
const changeKinds = {
  'change of an IngressRoute': (n) => route(0, n),
  'change of a Middleware': (n) => middleware(0).replace('{"url"', `{"audience":"a${n}","url"`),
  'change of a Secret': (n) => secret(0).replace('secret-0', `changed-${n}`),
  'a new IngressRoute': (n) => route(count + n),
  'change of the endpoints behind all routes': (n) =>
    service.split('---')[1].replace(`['${host}']`, `['${host}', 10.255.0.${n}]`),
};

/** Milliseconds of the main thread for one change, the median of many. */
async function measureChanges(pid, api, change) {
  const costs = [];
  for (let n = 1; n <= changesOfKind; n += 1) {
    const before = mainThreadOf(pid);
    await api.apply(change(n));
    // Changes of a route and of endpoints are collected for up to providersThrottleDuration.
    await delay(changeEveryMs);
    costs.push(mainThreadOf(pid) - before);
  }
  return costs.sort((a, b) => a - b)[changesOfKind >> 1];
}

const line = (name, value) => console.log(`${name.padEnd(44)}${value}`);
const mib = (bytes) => `${(bytes / 1024 / 1024).toFixed(0)} MiB`;

const empty = await openServer();
const bare = await start('empty', empty);
line('gateway in an empty cluster', mib(memoryOf(bare.pid)));
bare.child.kill('SIGTERM');
await bare.exited;
await empty.close();

for (const [name, more] of [
  ['Secrets read together', {}],
  ['Secrets read by name', { secretsThreshold: 1_000_000 }],
]) {
  const api = await openServer();
  await api.apply(service);
  for (let n = 0; n < count; n += 1) await api.apply([secret(n), middleware(n), route(n)].join('\n---\n'));
  const gateway = await start(name.replaceAll(' ', '-'), api, more);
  const statuses = new Map();
  for (let n = 0; n < count; n += 1) {
    const status = await ask(gateway.web, `/r/${n}`);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  console.log(`\n${count} routes, Middlewares and Secrets; ${name}`);
  line(
    'start to ready',
    `${(gateway.readyMs / 1000).toFixed(1)} s, ${gateway.readyCpu.toFixed(1)} s of processor time`,
  );
  line('responses of all routes at the first ready', JSON.stringify(Object.fromEntries(statuses)));
  const requests = await requestsOf(gateway.admin);
  line('requests to the API server, of them 429', `${requests.all}, ${requests.refused}`);
  const cpu = cpuOf(gateway.pid);
  for (const change of [undefined, (n) => void api.apply(route(0, n))]) {
    const { p50, p99, worst, failed, changes, sent } = await measureLatency(gateway.web, change);
    line(
      `${sent} requests while a route changed ${changes} times`,
      `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, worst ${worst.toFixed(1)} ms, ${failed} failed`,
    );
  }
  line('processor time while it lasted', `${(cpuOf(gateway.pid) - cpu).toFixed(1)} s`);
  for (const [name, change] of Object.entries(changeKinds))
    line(name, `${(await measureChanges(gateway.pid, api, change)).toFixed(1)} ms of the main thread`);
  line('memory of the gateway', mib(memoryOf(gateway.pid)));
  gateway.child.kill('SIGTERM');
  await gateway.exited;
  await api.close();
}
agent.destroy();
await stage.close();
upstream.server.close();
process.exit(0);
