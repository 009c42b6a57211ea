// A thousand reloads under load: `npm run bench:reloads [RELOADS]`, after `make build`. Exits 1 when a request failed.
import { rename, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { performance } from 'node:perf_hooks';
import { startGateway } from './lib/gateway.mjs';
import { listen } from './lib/listen.mjs';
import { openStage } from './lib/stage.mjs';
import { startTokenServer } from './lib/token-server.mjs';

const reloads = Number(process.argv[2] ?? 1000);
const perSecond = 500;

let connections = 0;
const upstream = await listen((_request, response) => response.end('ok'));
upstream.server.on('connection', () => (connections += 1));
const authorization = await startTokenServer((answered) => `t${answered}`);

const stage = openStage();
const routesOf = (version) => ({
  http: {
    routers: {
      stays: { rule: 'Path(`/stays`)', middlewares: ['own'], service: 'up' },
      moves: { rule: `Path(\`/version/${version}\`)`, service: 'moves' },
    },
    middlewares: {
      own: {
        plugin: {
          oAuthClientCredentials: { url: authorization.url, clientID: 'app', clientSecret: 'secret' },
        },
      },
    },
    services: {
      up: { loadBalancer: { servers: [{ url: upstream.url }] } },
      moves: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1', weight: version + 1 }] } },
    },
  },
});
let loaded = 0;
let onLoaded = () => {};
const gateway = await startGateway(stage, {
  name: 'gateway',
  install: { entryPoints: { web: { address: '127.0.0.1:0' } } },
  routes: routesOf(0),
  onMessage({ msg }) {
    if (msg !== 'configuration loaded') return;
    loaded += 1;
    onLoaded();
  },
});
const port = gateway.portOf('web');
const write = async (version) => {
  const file = stage.path('routes.tmp');
  await writeFile(file, JSON.stringify(routesOf(version)));
  await rename(file, gateway.files.routes);
};

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const times = [];
const failures = new Map();
const ask = () =>
  new Promise((resolve) => {
    const start = performance.now();
    const end = (failure) => {
      times.push(performance.now() - start);
      if (failure !== undefined) failures.set(failure, (failures.get(failure) ?? 0) + 1);
      resolve();
    };
    get({ host: '127.0.0.1', port, path: '/stays', agent }, (response) => {
      response.resume().on('end', () => end(response.statusCode === 200 ? undefined : response.statusCode));
      response.on('error', (error) => end(error.message));
    }).on('error', (error) => end(error.message));
  });

let running = true;
const pending = new Set();
const start = performance.now();
const load = (async () => {
  for (let sent = 0; running;) {
    const due = ((performance.now() - start) / 1000) * perSecond;
    for (; sent < due; sent += 1) {
      const one = ask().finally(() => pending.delete(one));
      pending.add(one);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(pending);
})();
for (let version = 1; version <= reloads; version += 1) {
  const before = loaded;
  const done = new Promise((resolve) => {
    onLoaded = () => {
      if (loaded > before) resolve();
    };
  });
  await write(version);
  await done;
}
running = false;
await load;
const seconds = (performance.now() - start) / 1000;
await stage.close();
upstream.close();
authorization.close();
agent.destroy();

times.sort((a, b) => a - b);
const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))].toFixed(1);
const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
console.log(
  `${loaded - 1} reloads in ${seconds.toFixed(0)} s under ${(times.length / seconds).toFixed(0)} requests a second`,
);
console.log(
  `requests ${times.length}, failures ${failed}${failed > 0 ? ` ${JSON.stringify([...failures])}` : ''}`,
);
console.log(`p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`);
console.log(`token requests ${authorization.answered()}, connections to the upstream ${connections}`);
process.exitCode = failed > 0 ? 1 : 0;
