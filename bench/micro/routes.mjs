// Costs of 10,000 routers: `npm run bench:routes`, after `make build`. Run with --expose-gc, as the script does.
import { readFileSync } from 'node:fs';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { systemClock } from '../../packages/middleware/dist/base/clock.js';
import { createStores } from '../../packages/middleware/dist/cache/stores.js';
import { createTokenCache } from '../../packages/middleware/dist/cache/token-cache.js';
import { createFileLoader } from '../../packages/gateway/dist/providers/file/load.js';
import { createSelect } from '../../packages/gateway/dist/providers/kubernetes/select.js';
import { createTranslate } from '../../packages/gateway/dist/providers/translate/translate.js';
import { MatchContext } from '../../packages/gateway/dist/routing/match-context.js';
import { compileRule } from '../../packages/gateway/dist/routing/rule.js';
import { createTable } from '../../packages/gateway/dist/routing/table.js';
import { createUpdates } from '../../packages/gateway/dist/snapshot/updates.js';
import { createServices } from '../../packages/gateway/dist/upstream/create-upstream.js';
import { report } from './lib/report.mjs';

const routers = 10_000;
const hosts = 1000;

/** Nanoseconds for one match, the best of several rounds; `asked` requests in turn. */
function measureMatch(count, hostOf, asked = count) {
  const entries = Array.from({ length: count }, (_, index) => {
    const { rule } = compileRule(`Host(\`${hostOf(index)}\`) && PathPrefix(\`/r${index}/\`)`);
    return { name: `r${index}`, rule, priority: undefined, route: index };
  });
  const table = createTable(entries);
  const stride = count / asked;
  const requests = Array.from({ length: asked }, (_, at) => {
    const index = at * stride;
    return { index, facts: { host: hostOf(index), path: `/r${index}/items/42` } };
  });
  const rounds = 200_000;
  let best = Infinity;
  for (let trial = 0; trial < 9; trial += 1) {
    const start = performance.now();
    for (let round = 0, at = 0; round < rounds; round += 1) {
      at = (at + 7919) % asked;
      const { facts, index } = requests[at];
      if (table.match(new MatchContext(facts, facts.path)) !== index)
        throw new Error('a request went to another router');
    }
    best = Math.min(best, ((performance.now() - start) / rounds) * 1e6);
  }
  return best;
}

let few;
if (process.argv[2] === undefined) console.log('match of one request           ns   ratio');
for (const [name, count, hostOf, asked] of [
  ['10 routers, 10 hosts', 10, (index) => `h${index % 10}.example.com`],
  ['10 routers, 1 host', 10, () => 'h.example.com'],
  ['10,000 routers, 1,000 hosts', routers, (index) => `h${index % hosts}.example.com`, 10],
  ['10,000 routers, 1 host', routers, () => 'h.example.com', 10],
  // With every router in turn, most of the time is access to memory that is not in the processor's cache.
  ['  the same, each in turn', routers, () => 'h.example.com', routers],
]) {
  const ns = measureMatch(count, hostOf, asked);
  few ??= ns;
  report({ what: `match of one request, ${name.trim()}`, unit: 'ns', best: ns, ratio: ns / few });
  console.log(name.padEnd(28), ns.toFixed(0).padStart(5), (ns / few).toFixed(2).padStart(7));
}

/**
 * Milliseconds of processor time that the main thread has used, if the system reports it (Linux); otherwise that of the whole
 * process.
 */
function cpuMs() {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[0]) / 1e6;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }
}

/** Time that `work` takes: milliseconds of the event loop by the clock, which other programs lengthen, and of the processor. */
async function measure(work) {
  const [loop, cpu] = [performance.eventLoopUtilization(), cpuMs()];
  await work();
  return { loop: performance.eventLoopUtilization(loop).active, cpu: cpuMs() - cpu };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

function createPlane() {
  const clock = systemClock;
  const updates = createUpdates({
    env: {},
    entryPoints: new Map([['web', { tls: false, routes: true }]]),
    services: createServices({ clock }),
    middlewares: {
      clock,
      cache: createTokenCache({ clock }),
      stores: createStores({ clock }),
    },
    onPrepared({ problems }) {
      if (problems.length > 0) throw new Error(problems[0].message);
    },
    onCloseError(error) {
      throw error;
    },
  });
  const translate = createTranslate();
  return {
    take: ({ documents, problems }) => updates.take(translate(documents, problems)),
    close: () => updates.holder.close(),
  };
}

const router = (index, version) =>
  `r${index}: { rule: "Host(\`h${index % hosts}.example.com\`) && PathPrefix(\`/r${index}/${version}\`)", service: s${index}, middlewares: [m${Math.floor(index / 10)}] }`;
const service = (index) => `s${index}: { loadBalancer: { servers: [{ url: "http://10.0.0.1:8080" }] } }`;
const middleware = (index) =>
  `m${index}: { plugin: { oAuthClientCredentials: { url: "https://as.example.com/token" } } }`;
const toFile = (indexes, version) => `http:
  routers:
${indexes.map((index) => `    ${router(index, index === 5000 ? version : 0)}\n`).join('')}  services:
${indexes.map((index) => `    ${service(index)}\n`).join('')}  middlewares:
${[...new Set(indexes.map((index) => Math.floor(index / 10)))].map((index) => `    ${middleware(index)}\n`).join('')}`;
const toManifest = (index, version) => `---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: r${index}, namespace: apps }
spec:
  routes:
    - match: Host(\`h${index % hosts}.example.com\`) && PathPrefix(\`/r${index}/${version}\`)
      services: [{ name: s, port: 80 }]
`;
const serviceManifest = `---
{ apiVersion: v1, kind: Service, metadata: { name: s, namespace: apps }, spec: { ports: [{ port: 80 }] } }
`;
const all = Array.from({ length: routers }, (_, index) => index);

/** The provider's form of an object of a cluster. */
const toKept = (value) => {
  const { name, namespace } = value.metadata;
  const file = `kubernetes/${value.kind}/${namespace}/${name}`;
  const origin = {
    allowCrossNamespace: false,
    allowExternalNameServices: false,
    requireEndpointSlices: true,
  };
  const document = { file, value, placeOf: () => ({ file, line: 0, column: 0 }), origin };
  return { namespace, name, document, resource: { kind: value.kind } };
};
const toObject = (index, version) =>
  toKept({
    apiVersion: 'traefik.io/v1alpha1',
    kind: 'IngressRoute',
    metadata: { name: `r${index}`, namespace: 'apps' },
    spec: {
      routes: [
        {
          match: `Host(\`h${index % hosts}.example.com\`) && PathPrefix(\`/r${index}/${version}\`)`,
          services: [{ name: 's', port: 80 }],
        },
      ],
    },
  });

const folder = await mkdtemp(join(tmpdir(), 'grantgate-routes-'));
const layouts = {
  async '1,000 files of 10 routers'() {
    const path = join(folder, 'many');
    await mkdir(path);
    const write = (file, version) =>
      writeFile(
        join(path, `${file}.yaml`),
        toFile(
          all.filter((index) => Math.floor(index / 10) === file),
          version,
        ),
      );
    for (let file = 0; file < routers / 10; file += 1) await write(file, 0);
    const load = createFileLoader([path], { env: {} });
    return { load, change: (version) => write(500, version) };
  },
  async 'one file of 10,000 manifests'() {
    const path = join(folder, 'manifests.yaml');
    const write = (version) =>
      writeFile(
        path,
        serviceManifest + all.map((index) => toManifest(index, index === 5000 ? version : 0)).join(''),
      );
    await write(0);
    return { load: createFileLoader([path], { env: {} }), change: write };
  },
  async '10,000 Kubernetes objects'() {
    const service = toKept({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's', namespace: 'apps' },
      spec: { ports: [{ port: 80 }] },
    });
    const routes = new Map(all.map((index) => [index, toObject(index, 0)]));
    const { selectDocuments } = createSelect({ ingress: undefined });
    return {
      load: async () => ({
        documents: selectDocuments({
          ingressRoutes: [...routes.values()],
          middlewares: [],
          services: [service],
          endpointSlices: [],
          ingresses: [],
          ingressClasses: [],
          gatewayClasses: [],
          gateways: [],
          httpRoutes: [],
          referenceGrants: [],
          namespaces: [],
          secrets: [],
        }),
        problems: [],
      }),
      async change(version) {
        routes.set(5000, toObject(5000, version));
      },
    };
  },
  async 'one document of 10,000 routers'() {
    const path = join(folder, 'one.yaml');
    const write = (version) => writeFile(path, toFile(all, version));
    await write(0);
    return { load: createFileLoader([path], { env: {} }), change: write };
  },
};

const only = process.argv[2] ?? '';
const [warmUps, reloads] = [5, 15];
console.log(`\nmedian of ${reloads} reloads of one router, ms of the event loop (of the processor)`);
console.log('layout                              first load      a reload       longest   KiB per router');
for (const [name, create] of Object.entries(layouts)) {
  if (!name.includes(only)) continue;
  const { load, change } = await create();
  // File times must settle: recently written files are read again.
  await new Promise((resolve) => setTimeout(resolve, 3500));
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const plane = createPlane();
  const take = async () => plane.take(await load());
  const first = await measure(take);
  globalThis.gc?.();
  const bytes = process.memoryUsage().heapUsed - before;
  const measured = [];
  for (let version = 1; version <= warmUps + reloads; version += 1) {
    await change(version);
    const one = await measure(take);
    if (version > warmUps) measured.push(one);
  }
  const show = (pick) => `${pick('loop').toFixed(0)} (${pick('cpu').toFixed(0)})`;
  console.log(
    name.padEnd(32),
    show((kind) => first[kind]).padStart(13),
    show((kind) => median(measured.map((one) => one[kind]))).padStart(13),
    show((kind) => Math.max(...measured.map((one) => one[kind]))).padStart(13),
    (bytes / routers / 1024).toFixed(1).padStart(16),
  );
  report({
    what: `reloads of one router, ${name}`,
    unit: 'ms',
    first,
    reloads: measured,
    bytesPerRouter: bytes / routers,
  });
  await plane.close();
}
await rm(folder, { recursive: true });
