// Requests at a steady rate to a gateway process while faults of its Redis are caused one by one: `npm run bench:redis-faults`,
// after `make build`. Everything is on the loopback interface. Exits with 1 when a request failed.
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Agent, request } from 'undici';
import { startGateway } from './lib/gateway.mjs';
import { listen } from './lib/listen.mjs';
import { markdownTable } from './lib/markdown.mjs';
import { freePort } from './lib/ports.mjs';
import { openStage } from './lib/stage.mjs';
import { startTokenServer } from './lib/token-server.mjs';

const perSecond = 500;
/** Milliseconds before, during and after a fault. */
const phaseMs = 2_500;
/** One request in this number has new credentials, whose token is not in memory. */
const newEach = 25;
const warmUp = `Basic ${Buffer.from('first:secret').toString('base64')}`;
const stage = openStage();
const agent = new Agent({ connections: 512 });

async function startRedis(port) {
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    'save ""',
    `dir ${stage.folder}`,
    'user gateway on >password ~* +@all',
  ];
  writeFileSync(stage.path('redis.conf'), lines.join('\n'));
  const { child, exited } = stage.run('redis-server', [stage.path('redis.conf')]);
  const admin = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: null });
  admin.on('error', () => {});
  await admin.ping();
  return { child, exited, admin };
}

const end = async ({ child, exited, admin }) => {
  admin.disconnect();
  child.kill('SIGKILL');
  await exited;
};

const faults = {
  none: [() => {}, () => {}],
  'killed, restarted empty': [
    (redis) => end(redis),
    async (redis, port) => Object.assign(redis, await startRedis(port)),
  ],
  frozen: [({ child }) => child.kill('SIGSTOP'), ({ child }) => child.kill('SIGCONT')],
  'out of memory': [
    ({ admin }) => admin.config('SET', 'maxmemory-policy', 'noeviction', 'maxmemory', '1'),
    ({ admin }) => admin.config('SET', 'maxmemory', '0'),
  ],
  'read-only': [({ admin }) => admin.replicaof('127.0.0.1', 1), ({ admin }) => admin.replicaof('NO', 'ONE')],
  'wrong password': [
    async ({ admin }) => {
      await admin.acl('SETUSER', 'gateway', 'resetpass', '>another');
      await admin.client('KILL', 'USER', 'gateway');
    },
    ({ admin }) => admin.acl('SETUSER', 'gateway', 'resetpass', '>password'),
  ],
};

/** Sends `perSecond` requests a second until `stopped()`, even without responses. */
async function load(url, stopped) {
  const times = [];
  const callers = new Set();
  const pending = new Set();
  let failed = 0;
  const send = async (index) => {
    const id = index % newEach === newEach - 1 ? `client-${index}` : 'warm';
    callers.add(id);
    const authorization = `Basic ${Buffer.from(`${id}:secret`).toString('base64')}`;
    const begun = performance.now();
    try {
      const { statusCode, body } = await request(url, { dispatcher: agent, headers: { authorization } });
      await body.dump();
      if (statusCode !== 200) failed += 1;
    } catch {
      failed += 1;
    }
    times.push(performance.now() - begun);
  };
  const begun = performance.now();
  let sent = 0;
  while (!stopped()) {
    const due = Math.floor(((performance.now() - begun) * perSecond) / 1000);
    for (; sent < due; sent += 1) {
      const answer = send(sent).finally(() => pending.delete(answer));
      pending.add(answer);
    }
    await delay(2);
  }
  const seconds = (performance.now() - begun) / 1000;
  await Promise.all(pending);
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return {
    sent,
    rate: sent / seconds,
    failed,
    p50: at(0.5),
    p99: at(0.99),
    max: times.at(-1),
    callers: callers.size,
  };
}

const authorizationServer = await startTokenServer((answered) => `token-${answered}`);
const service = await listen((incoming, answer) => {
  incoming.resume();
  answer.end('ok');
});

async function measure([hurt, heal]) {
  const port = await freePort();
  const redis = await startRedis(port);
  const store = {
    secret: '0123456789abcdef',
    redis: { endpoints: [`127.0.0.1:${port}`], username: 'gateway', password: 'password' },
  };
  const routes = {
    http: {
      routers: { api: { rule: 'PathPrefix(`/`)', middlewares: ['callers'], service: 'api' } },
      middlewares: {
        callers: { plugin: { oAuthClientCredentials: { url: authorizationServer.url, store } } },
      },
      services: { api: { loadBalancer: { servers: [{ url: service.url }] } } },
    },
  };
  const install = { entryPoints: { web: { address: '127.0.0.1:0' } } };
  const gateway = await startGateway(stage, { name: 'gateway', install, routes });
  try {
    const url = `http://127.0.0.1:${gateway.portOf('web')}/`;
    // The first thousand requests compile the program.
    for (let round = 0; round < 50; round += 1)
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          const { body } = await request(url, { dispatcher: agent, headers: { authorization: warmUp } });
          await body.dump();
        }),
      );
    const before = authorizationServer.answered();
    let done = false;
    const outcome = load(url, () => done);
    await delay(phaseMs);
    await hurt(redis, port);
    await delay(phaseMs);
    await heal(redis, port);
    await delay(phaseMs);
    done = true;
    return { ...(await outcome), tokens: authorizationServer.answered() - before };
  } finally {
    gateway.child.kill('SIGKILL');
    await gateway.exited;
    redis.child.kill('SIGCONT');
    await end(redis);
  }
}

const columns = [
  'fault',
  'requests',
  'a second',
  'failed',
  'p50 ms',
  'p99 ms',
  'max ms',
  'credentials',
  'token requests',
];
const rows = [];
let failures = 0;
for (const [name, fault] of Object.entries(faults)) {
  const { sent, rate, failed, p50, p99, max, callers, tokens: asked } = await measure(fault);
  failures += failed;
  rows.push([
    name,
    sent,
    rate.toFixed(0),
    failed,
    p50.toFixed(1),
    p99.toFixed(1),
    max.toFixed(0),
    callers,
    asked,
  ]);
}
console.log(markdownTable(columns, rows));
await agent.close();
authorizationServer.close();
service.close();
await stage.close();
if (failures > 0) process.exitCode = 1;
