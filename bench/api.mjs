// Cost of a scrape of the metrics and of requests to the API, for a gateway of many routers and several workers: `npm run bench:api`.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startGateway } from './lib/gateway.mjs';
import { describeMachine } from './lib/machine.mjs';
import { markdownTable } from './lib/markdown.mjs';
import { cpuMicroseconds, parseStat } from './lib/process-tree.mjs';
import { median } from './lib/spread.mjs';
import { openStage } from './lib/stage.mjs';

const usage = `npm run bench:api -- [OPTION...]
  --routers N  default 10000
  --workers N  default 4
  --times N    requests for each resource; default 10
`;
const { values } = parseArgs({
  options: {
    routers: { type: 'string', default: '10000' },
    workers: { type: 'string', default: '4' },
    times: { type: 'string', default: '10' },
    help: { type: 'boolean', default: false },
  },
});

const paths = [
  '/metrics',
  '/api/overview',
  '/api/http/routers',
  '/api/http/routers?search=r9999&per_page=50',
  '/api/http/routers/r77@file',
  '/api/http/services',
  '/api/stores',
  '/api/tokens',
  '/api/requests/recent',
  '/api/config',
  '/api/rawdata',
  '/api/explain?path=/r77/x',
];

async function run({ routers, workers, times }) {
  const stage = openStage();
  const upstream = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  let longestDelay;
  const gateway = await startGateway(stage, {
    name: 'api',
    env: { NODE_OPTIONS: `--import ${new URL('lib/loop-delay.mjs', import.meta.url).href}` },
    onMessage(message) {
      if (message.msg === 'longest delay') longestDelay?.(message.ms);
    },
    install: {
      entryPoints: { web: { address: '127.0.0.1:0' }, admin: { address: '127.0.0.1:0' } },
      api: {},
      metrics: { prometheus: { addRoutersLabels: true } },
      workers,
    },
    routes: {
      http: {
        routers: Object.fromEntries(
          Array.from({ length: routers }, (_, at) => [
            `r${at}`,
            { rule: `PathPrefix(\`/r${at}/\`)`, service: 'up', middlewares: ['headers'] },
          ]),
        ),
        middlewares: { headers: { headers: { customRequestHeaders: { 'X-Gateway': 'grantgate' } } } },
        services: { up: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${upstream.address().port}` }] } } },
      },
    },
  });
  process.stderr.write('visiting every router\n');
  await visitAll(gateway.portOf('web'), routers, workers);
  const rows = [];
  const readDelay = () =>
    new Promise((resolve) => {
      longestDelay = resolve;
      process.kill(gateway.pid, 'SIGUSR2');
    });
  for (const path of paths) rows.push(await measure(gateway, path, { times, readDelay }));
  rows.push(await measureEvents(gateway));
  await stage.close();
  upstream.close();
  const { date, cores, model, node } = describeMachine();
  process.stdout.write(`${date}, ${cores} cores of ${model}, Node.js ${node}; ${routers} routers, ${workers} workers, median of ${times}\n\n`);
  process.stdout.write(`${markdownTable(['resource', 'KiB', 'time, ms', 'CPU time of the primary, ms', 'longest block of the primary, ms', 'CPU time of all processes, ms'], rows)}\n`);
} // prettier-ignore

/** Several times as often as there are workers, over short connections, so that each worker counts nearly every router. */
async function visitAll(port, routers, workers) {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 * workers });
  const queue = Array.from({ length: workers }, () => Array.from({ length: routers }, (_, at) => at)).flat();
  const visit = async () => {
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) await ask(port, `/r${at}/x`, agent);
  };
  await Promise.all(Array.from({ length: 8 * workers }, visit));
  agent.destroy();
}

/** Length of the response. */
const ask = (port, path, agent) =>
  new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', path, agent }, (response) => {
      let bytes = 0;
      response.on('data', (piece) => (bytes += piece.length));
      response.on('end', () =>
        response.statusCode === 200
          ? resolve(bytes)
          : reject(new Error(`${path}: status ${response.statusCode}`)),
      );
    }).on('error', reject);
  });

/** Of a process without those below it. */
const ownCpuUs = (pid) => parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')).cpuUs;

/** Ticks of 10 ms say little about one request, so the CPU time is that of all of them. */
async function measure(gateway, path, { times, readDelay }) {
  const port = gateway.portOf('admin');
  await ask(port, path);
  await readDelay();
  const [ownBefore, allBefore] = [ownCpuUs(gateway.pid), cpuMicroseconds([gateway.pid])];
  const durations = [];
  let bytes = 0;
  for (let time = 0; time < times; time += 1) {
    const begun = performance.now();
    bytes = await ask(port, path);
    durations.push(performance.now() - begun);
  }
  const [own, all] = [ownCpuUs(gateway.pid) - ownBefore, cpuMicroseconds([gateway.pid]) - allBefore];
  const inMs = (us) => (us / 1000 / times).toFixed(1);
  const delayMs = await readDelay();
  return [
    `\`${path}\``,
    (bytes / 1024).toFixed(0),
    median(durations).toFixed(1),
    inMs(own),
    delayMs.toFixed(0),
    inMs(all),
  ];
}

/** One open page for ten seconds, without other requests: per second. */
async function measureEvents(gateway) {
  const seconds = 10;
  const request = get({ port: gateway.portOf('admin'), host: '127.0.0.1', path: '/api/events' }, (response) => response.resume());
  request.on('error', () => {});
  await delay(1_000);
  const [ownBefore, allBefore] = [ownCpuUs(gateway.pid), cpuMicroseconds([gateway.pid])];
  await delay(seconds * 1_000);
  const [own, all] = [ownCpuUs(gateway.pid) - ownBefore, cpuMicroseconds([gateway.pid]) - allBefore];
  request.destroy();
  const inMs = (us) => (us / 1000 / seconds).toFixed(1);
  return ['an open page, each second', '', '', inMs(own), '', inMs(all)];
} // prettier-ignore

if (values.help) process.stdout.write(usage);
else
  await run({
    routers: Number(values.routers),
    workers: Number(values.workers),
    times: Number(values.times),
  });
