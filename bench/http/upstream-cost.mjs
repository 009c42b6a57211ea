// CPU time of one proxied keep-alive request, as a ratio to nginx's plain `proxy_pass` in the same run: `npm run bench:upstream-cost`,
// after `make build`; needs nginx and wrk. The gateway does all of its work: token from memory, claims, headers, access log to a file.
//
//   --peer DIR      another build of this repository to compare with (again for more)
//   --rounds N      default 5; contenders take turns in each, and the median of the rounds' ratios is given with its range
//   --seconds N     default 3, for each turn
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    peer: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
  },
});
const connections = 32;
/** Of /proc/PID/stat, as on every Linux that Node.js runs on. */
const ticksPerSecond = 100;
const here = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'grantgate-bench-'));
const children = [];

async function freePort() {
  const probe = createTcpServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

async function reachable(port) {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const socket = connect({ port, host: '127.0.0.1' });
    const open = await new Promise((resolve) =>
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false)),
    );
    socket.destroy();
    if (open) return;
    await delay(50);
  }
  throw new Error(`nothing listens on port ${port}`);
}

async function start(command, args, port) {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  children.push(child);
  await reachable(port);
  return child.pid;
}

async function startNginx(name, server) {
  const port = await freePort();
  const file = join(folder, `${name}.conf`);
  writeFileSync(
    file,
    `daemon off; master_process off; worker_processes 1; pid ${folder}/${name}.pid; error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log ${folder}/${name}.log; keepalive_requests 1000000000;
  client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b; fastcgi_temp_path ${folder}/c; uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
  ${server(port)}
}`,
  );
  return { port, pid: await start('nginx', ['-c', file], port) };
}

async function startGateway(name, root, backend, tokenUrl) {
  const port = await freePort();
  const routes = join(folder, `${name}.routes.yaml`);
  writeFileSync(
    routes,
    JSON.stringify({
      http: {
        routers: { api: { rule: 'PathPrefix(`/`)', service: 'api', middlewares: ['token'] } },
        services: { api: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${backend}` }] } } },
        middlewares: {
          token: {
            plugin: {
              oAuthClientCredentials: {
                url: tokenUrl,
                clientID: 'client',
                clientSecret: 'secret',
                forwardHeaders: { Group: 'grp' },
                claims: 'Equals(`grp`, `admin`)',
              },
            },
          },
        },
      },
    }),
  );
  const install = join(folder, `${name}.yaml`);
  writeFileSync(
    install,
    JSON.stringify({
      entryPoints: { web: { address: `127.0.0.1:${port}` } },
      providers: { file: { filename: routes } },
      accessLog: { filePath: join(folder, `${name}.access.log`) },
    }),
  );
  const main = join(root, 'packages/gateway/dist/cli/main.js');
  return { port, pid: await start(process.execPath, [main, 'serve', '--config', install], port) };
}

/** Seconds of CPU that a process has used. */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

async function drive({ port, pid }, seconds) {
  const before = cpuSeconds(pid);
  const wrk = spawn('wrk', ['-t1', `-c${connections}`, `-d${seconds}`, `http://127.0.0.1:${port}/api/x`]);
  let text = '';
  wrk.stdout.on('data', (part) => (text += part));
  await once(wrk, 'close');
  const requests = Number(/(\d+) requests in/.exec(text)?.[1] ?? 0);
  if (requests === 0 || /Non-2xx|Socket errors/.test(text)) throw new Error(text);
  return ((cpuSeconds(pid) - before) * 1e6) / requests;
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

try {
  const payload = Buffer.from(JSON.stringify({ grp: 'admin' })).toString('base64url');
  const tokens = createServer((request, response) => {
    request.resume();
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ access_token: `e30.${payload}.x`, token_type: 'Bearer', expires_in: 86_400 }),
    );
  }).listen(0, '127.0.0.1');
  await once(tokens, 'listening');
  const backend = await startNginx(
    'backend',
    (port) =>
      `server { listen 127.0.0.1:${port}; access_log off; location / { return 200 "28 bytes of an answer, all.\\n"; } }`,
  );
  const contenders = {
    nginx: await startNginx(
      'nginx',
      (port) => `upstream b { server 127.0.0.1:${backend.port}; keepalive 64; }
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://b; proxy_http_version 1.1; proxy_set_header Connection ""; } }`,
    ),
  };
  for (const root of [here, ...values.peer]) {
    const name = root === here ? 'grantgate' : root;
    const tokenUrl = `http://127.0.0.1:${tokens.address().port}/token`;
    contenders[name] = await startGateway(
      `gateway-${Object.keys(contenders).length}`,
      root,
      backend.port,
      tokenUrl,
    );
  }
  const costs = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  // A process that has just begun compiles its code for thousands of requests: what it costs from then on is asked for.
  for (let turn = 0; turn < 3; turn += 1)
    for (const contender of Object.values(contenders)) await drive(contender, 2);
  for (let round = 0; round < Number(values.rounds); round += 1)
    for (const [name, contender] of Object.entries(contenders))
      costs[name].push(await drive(contender, Number(values.seconds)));
  for (const [name, own] of Object.entries(costs)) {
    const ratios = own.map((cost, round) => cost / costs.nginx[round]);
    const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
    process.stdout.write(
      `${name}: ${median(own).toFixed(1)} us a request, ${median(ratios).toFixed(2)} x nginx (${range})\n`,
    );
  }
  tokens.close();
} finally {
  for (const child of children) child.kill();
  await delay(300);
  rmSync(folder, { recursive: true, force: true });
}
