// Time from the start of the command to its first responses: `npm run bench:cold-start -- [--rounds N] [--base FOLDER]`, after
// `make build`. A base is another built checkout, which is measured in turn with this one. A bare HTTP server of Node.js shows how
// long the machine takes for any program.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { root } from './lib/gateway.mjs';
import { listen } from './lib/listen.mjs';
import { describeMachine } from './lib/machine.mjs';
import { markdownTable } from './lib/markdown.mjs';
import { freePort } from './lib/ports.mjs';
import { spreadOf } from './lib/spread.mjs';
import { openStage } from './lib/stage.mjs';
import { startTokenServer } from './lib/token-server.mjs';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '20' }, base: { type: 'string' } },
});
/** Milliseconds. */
const startWithinMs = 30_000;
const rounds = Number(values.rounds);
const stage = openStage();
const upstream = await listen((_request, response) => response.end('ok'));
const authorization = await startTokenServer((answered) => `t${answered}`);

const bareServer = `require('node:http').createServer((_, response) => response.end()).listen(Number(process.argv[1]), '127.0.0.1')`;
const contenders = [
  { name: 'bare node:http server', start: startBare },
  { name: 'grantgate', start: (ports) => startGrantgate(root, ports) },
  ...(values.base === undefined
    ? []
    : [{ name: 'grantgate (base)', start: (ports) => startGrantgate(values.base, ports) }]),
];

function startBare({ web }) {
  return { args: ['-e', bareServer, String(web)], ping: web, pingPath: '/', proxied: '/' };
}

function startGrantgate(build, { web, admin }) {
  const routes = stage.path('routes.yaml');
  const install = stage.path('grantgate.yaml');
  writeFileSync(routes, JSON.stringify(routesOf()));
  writeFileSync(
    install,
    JSON.stringify({
      entryPoints: {
        web: { address: `127.0.0.1:${web}` },
        admin: { address: `127.0.0.1:${admin}` },
      },
      providers: { file: { filename: routes } },
      ping: {},
    }),
  );
  const main = join(build, 'packages/gateway/bin/grantgate.cjs');
  return { args: [main, 'serve', '--config', install], ping: admin, pingPath: '/ping', proxied: '/orders' };
}

function routesOf() {
  return {
    http: {
      routers: { orders: { rule: 'PathPrefix(`/orders`)', middlewares: ['auth'], service: 'orders' } },
      middlewares: {
        auth: {
          plugin: {
            oAuthClientCredentials: { url: authorization.url, clientID: 'app', clientSecret: 'secret' },
          },
        },
      },
      services: { orders: { loadBalancer: { servers: [{ url: upstream.url }] } } },
    },
  };
}

/** The status of one request; undefined when nothing listens yet. */
const statusOf = (port, path) =>
  new Promise((resolve) => {
    request({ port, path, host: '127.0.0.1', agent: false }, (response) => {
      response.resume().once('close', () => resolve(response.statusCode));
    })
      .once('error', () => resolve(undefined))
      .end();
  });

async function waitFor200(child, port, path) {
  let status;
  for (const end = performance.now() + startWithinMs; performance.now() < end; await delay(1)) {
    status = await statusOf(port, path);
    if (status === 200) return;
    if (child.exitCode !== null) throw new Error(`the program exited with ${child.exitCode}`);
  }
  throw new Error(`${path} does not respond with 200 (${status ?? 'nothing listens'})`);
}

/** Milliseconds to the first 200 of the ping and to the first proxied response, which needs a token. */
async function measure({ start }) {
  const ports = { web: await freePort(), admin: await freePort() };
  const { args, ping, pingPath, proxied } = start(ports);
  const began = performance.now();
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  try {
    const times = { ping: 0, proxied: 0 };
    await Promise.all([
      waitFor200(child, ping, pingPath).then(() => (times.ping = performance.now() - began)),
      waitFor200(child, ports.web, proxied).then(() => (times.proxied = performance.now() - began)),
    ]);
    return times;
  } finally {
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
  }
}

const measured = new Map(contenders.map(({ name }) => [name, { ping: [], proxied: [] }]));
// The first run of each reads its files from disk.
for (const contender of contenders) await measure(contender);
for (let round = 0; round < rounds; round += 1) {
  for (const contender of contenders) {
    const { ping, proxied } = await measure(contender);
    measured.get(contender.name).ping.push(ping);
    measured.get(contender.name).proxied.push(proxied);
  }
}
await stage.close();
upstream.close();
authorization.close();

const seconds = (ms) => (ms / 1000).toFixed(3);
const show = (times) => {
  const { median, low, high } = spreadOf(times);
  return `${seconds(median)} (${seconds(low)} to ${seconds(high)})`;
};
const { model, cores, node } = describeMachine();
console.log(`${rounds} rounds, ${cores} x ${model}, Node.js ${node}. Seconds: median (range).\n`);
console.log(
  markdownTable(
    ['program', 'first 200 of /ping', 'first proxied response'],
    contenders.map(({ name }) => [name, show(measured.get(name).ping), show(measured.get(name).proxied)]),
  ),
);
