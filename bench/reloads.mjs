// A thousand reloads under load: `npm run bench:reloads [RELOADS]`, after `make build`. Exits 1 when a request failed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { Agent, createServer, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const reloads = Number(process.argv[2] ?? 1000);
const perSecond = 500;

const listen = async (handler) => {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A connection that its server closes while idle is no fault of a reload.
  server.keepAliveTimeout = 0;
  return { server, url: `http://127.0.0.1:${server.address().port}` };
};
let connections = 0;
const upstream = await listen((_request, response) => response.end('ok'));
upstream.server.on('connection', () => (connections += 1));
let tokens = 0;
const authorization = await listen((request, response) => {
  tokens += 1;
  request.resume();
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ access_token: `t${tokens}`, token_type: 'Bearer', expires_in: 86_400 }));
});

const folder = await mkdtemp(join(tmpdir(), 'grantgate-reloads-'));
const write = async (version) => {
  await writeFile(
    join(folder, 'routes.tmp'),
    `http:
  routers:
    stays: { rule: Path(\`/stays\`), middlewares: [own], service: up }
    moves: { rule: Path(\`/version/${version}\`), service: moves }
  middlewares:
    own: { plugin: { oAuthClientCredentials: { url: "${authorization.url}", clientID: app, clientSecret: secret } } }
  services:
    up: { loadBalancer: { servers: [{ url: "${upstream.url}" }] } }
    moves: { loadBalancer: { servers: [{ url: "http://127.0.0.1:1", weight: ${version + 1} }] } }
`,
  );
  await rename(join(folder, 'routes.tmp'), join(folder, 'routes.yaml'));
};
await write(0);
await writeFile(
  join(folder, 'grantgate.yml'),
  'entryPoints: { web: { address: "127.0.0.1:0" } }\nproviders: { file: { filename: routes.yaml } }\n',
);
const main = fileURLToPath(new URL('../packages/gateway/dist/cli/main.js', import.meta.url));
const gateway = spawn(process.execPath, [main, 'serve', '--config', join(folder, 'grantgate.yml')], {
  stdio: ['ignore', 'ignore', 'pipe'],
});
let loaded = 0;
let onLoaded = () => {};
let onPort;
const listening = new Promise((resolve) => (onPort = resolve));
createInterface({ input: gateway.stderr }).on('line', (line) => {
  const { msg, port } = JSON.parse(line);
  if (msg === 'configuration loaded') {
    loaded += 1;
    onLoaded();
  } else if (msg === 'listening') onPort(port);
});
const port = await listening;

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
gateway.kill('SIGTERM');
await once(gateway, 'exit');
upstream.server.close();
upstream.server.closeAllConnections();
authorization.server.close();
authorization.server.closeAllConnections();
agent.destroy();
await rm(folder, { recursive: true });

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
console.log(`token requests ${tokens}, connections to the upstream ${connections}`);
process.exitCode = failed > 0 ? 1 : 0;
