// CPU time per check of the forward-auth server, compared with a bare node:http server that responds 200, in one run: npm run
// bench:forward-auth
//
// Each server has its own process. They take turns; each receives the same request over the same number of kept connections (from
// Debian's `wrk`, or from this script if it is missing). The CPU time of the server's process is counted.
import { execFile, fork, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { report } from './lib/report.mjs';

const rounds = Number(process.env.ROUNDS ?? 9);
const seconds = Number(process.env.SECONDS ?? 2);
const connections = 16;
const self = fileURLToPath(import.meta.url);

/** Headers that a proxy sends with an authorization check. */
const headers = {
  Authorization: `Basic ${Buffer.from('orders-client:orders-secret').toString('base64')}`,
  Accept: '*/*',
  'User-Agent': 'bench',
  'X-Forwarded-For': '192.0.2.7',
  'X-Forwarded-Host': 'api.example.com',
  'X-Forwarded-Method': 'GET',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Uri': '/orders/1?page=2',
};

if (process.argv[2] === 'bare') bare();
else if (process.argv[2] === 'forward-auth') await forwardAuth(process.argv[3]);
else await compare();

function bare() {
  const server = createServer((_request, response) => {
    response.writeHead(200);
    response.end();
  });
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
}

async function forwardAuth(folder) {
  const { startGateway } = await import('../../packages/gateway/dist/compose.js');
  const { parseInstall } = await import('../../packages/gateway/dist/config/parse-install.js');
  const install = `
entryPoints: { forwardAuth: { address: "127.0.0.1:0" } }
providers: { file: { filename: routes.yaml, watch: false } }
log: { level: error }
`;
  const { config } = parseInstall(install, join(folder, 'grantgate.yaml'));
  const sink = { write: (text) => process.stderr.write(text), reopen() {}, close: async () => {} };
  const gateway = await startGateway(config, { env: {}, stdout: sink, stderr: sink });
  process.send({ port: gateway.addresses.get('forwardAuth').port });
}

async function compare() {
  const folder = mkdtempSync(join(tmpdir(), 'grantgate-bench-'));
  const tokens = createServer((incoming, response) => {
    incoming.resume();
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { sub: 'ada', grp: 'admin', scope: 'orders:read orders:write', filler: 'x'.repeat(300) };
    const token = `${part({ alg: 'RS256' })}.${part(claims)}.${'s'.repeat(342)}`;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 86_400 }));
  });
  await new Promise((resolve) => tokens.listen(0, '127.0.0.1', resolve));
  writeFileSync(
    join(folder, 'routes.yaml'),
    `
http:
  middlewares:
    auth:
      plugin:
        oAuthClientCredentials:
          url: http://127.0.0.1:${tokens.address().port}/token
          claims: Equals(\`grp\`, \`admin\`)
          forwardHeaders: { Group: grp }
          usernameClaim: sub
`,
  );
  const servers = [await start('bare'), await start('forward-auth', folder)];
  try {
    for (const server of servers) await load(server, 1);
    const ratios = [];
    for (let round = 0; round < rounds; round += 1) {
      // In turns, so that neither is always first.
      const order = round % 2 === 0 ? servers : [...servers].reverse();
      for (const server of order) server.usPerRequest = await load(server, seconds);
      const [plain, check] = servers.map(({ usPerRequest }) => usPerRequest);
      ratios.push(check / plain);
      console.log(
        `${plain.toFixed(1)} us bare, ${check.toFixed(1)} us forward-auth: ${(check / plain).toFixed(3)}`,
      );
    }
    report({ what: 'CPU time per check, forward-auth to bare node:http, each pair', ratios });
    const median = ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)];
    console.log(
      `CPU time per check, forward-auth to bare node:http: ${median.toFixed(3)} (median of ${rounds} pairs)`,
    );
  } finally {
    for (const { child } of servers) child.kill();
    tokens.close();
    tokens.closeAllConnections();
    rmSync(folder, { recursive: true });
  }
}

async function start(name, ...args) {
  const child = fork(self, [name, ...args]);
  const { port } = await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', () => reject(new Error(`${name} does not start`)));
  });
  return { child, origin: `http://127.0.0.1:${port}`, path: '/forward-auth/auth@file' };
}

async function load({ child, origin, path }, duration) {
  const before = cpuMicroseconds(child.pid);
  const count = hasWrk() ? await wrk(origin + path, duration) : await ask(origin + path, duration);
  return (cpuMicroseconds(child.pid) - before) / count;
}

function hasWrk() {
  return spawnSync('wrk', ['--version']).error === undefined;
}

async function wrk(url, duration) {
  const args = ['-t1', `-c${connections}`, `-d${duration}s`];
  for (const [name, value] of Object.entries(headers)) args.push('-H', `${name}: ${value}`);
  const { stdout } = await promisify(execFile)('wrk', [...args, url]);
  if (/Non-2xx/.test(stdout)) throw new Error(stdout);
  return Number(/(\d+) requests in/.exec(stdout)[1]);
}

async function ask(url, duration) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const end = performance.now() + duration * 1000;
  let count = 0;
  const one = () =>
    new Promise((resolve, reject) => {
      request(url, { agent, headers }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
        response.resume().on('end', resolve);
      })
        .on('error', reject)
        .end();
    });
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (; performance.now() < end; count += 1) await one();
    }),
  );
  agent.destroy();
  return count;
}

/** User and system time of a process so far (proc(5): fields 14 and 15 of `stat`, in hundredths of a second). */
function cpuMicroseconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
