// What a decision costs when the token is in memory, and what Express's middleware adds to a request: `npm run bench:decision`.
//
// Decisions are counted in process: nanoseconds per decision, median and spread of the rounds. The middleware is called as
// Express calls it, over real sockets: an application with it and one without, turn and turn about in a process of their own,
// whose CPU time is counted.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { createAuthenticator } from '../../packages/middleware/dist/create.js';
import { oAuthClientCredentials } from '../../packages/middleware/dist/adapters/express.js';
import { report } from './lib/report.mjs';

const rounds = Number(process.env.ROUNDS ?? 15);
const decisions = 500_000;
const requests = 2_000;
const authorization = `Basic ${Buffer.from('orders-client:orders-secret').toString('base64')}`;
// Each request has a string of its own, made from these bytes.
const pool = Array.from({ length: 64 }, () => Buffer.from(authorization));

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = { sub: 'ada', grp: 'admin', scope: 'orders:read orders:write', filler: 'x'.repeat(300) };
const token = `${part({ alg: 'RS256' })}.${part(claims)}.${'s'.repeat(342)}`;
const listen = async (handle) => {
  const server = createServer(handle);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${server.address().port}/` };
};
const applications = process.argv[2];
if (applications !== undefined) await serveExpress(JSON.parse(applications));
else await measure();

async function measure() {
  const tokens = await listen((incoming, response) => {
    incoming.resume();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 86_400 }));
  });
  const options = {
    url: `${tokens.url}token`,
    claims: 'Equals(`grp`, `admin`)',
    forwardHeaders: { Group: 'grp' },
    usernameClaim: 'sub',
  };

  await measureDecision('gateway level', { ...options, clientID: 'own', clientSecret: 'own-secret' }, 500);
  await measureDecision('application level', options, 1_000);
  await measureExpress(options);
  tokens.server.close();
  tokens.server.closeAllConnections();
}

async function measureDecision(name, input, wantedNs) {
  const authenticator = createAuthenticator(input);
  await authenticator.decide({ authorization });
  let passed = 0;
  const round = () => {
    const begun = process.hrtime.bigint();
    for (let count = 0; count < decisions; count += 1) {
      // As a server gives it: another string each time, which no look-up has seen.
      const facts = { authorization: fresh(count) };
      if (authenticator.decide(facts).allowed) passed += 1;
    }
    return Number(process.hrtime.bigint() - begun) / decisions;
  };
  // The strings themselves are no part of the decision.
  const fill = () => {
    const begun = process.hrtime.bigint();
    for (let count = 0; count < decisions; count += 1) if (fresh(count).length > 9) passed += 1;
    return Number(process.hrtime.bigint() - begun) / decisions;
  };
  for (let warm = 0; warm < 3; warm += 1) round() + fill();
  const results = Array.from({ length: rounds }, () => round() - fill()).sort((a, b) => a - b);
  const { median, low, high } = spreadOf(results);
  report({ what: `decision, ${name}`, unit: 'ns', median, low, high, wanted: wantedNs });
  console.log(
    `decision, ${name}: ${median.toFixed(0)} ns (${low.toFixed(0)} to ${high.toFixed(0)}), wanted ${wantedNs} ns`,
  );
  await authenticator.close();
}

function fresh(count) {
  return pool[count % pool.length].toString('latin1');
}

async function serveExpress(options) {
  const answer = (_request, response) => response.end('ok');
  const bare = await listen(express().get('/', answer));
  const guarded = await listen(express().get('/', oAuthClientCredentials(options), answer));
  process.on('message', () => process.send(process.cpuUsage()));
  process.send([bare.url, guarded.url]);
}

async function measureExpress(options) {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(options)]);
  const [[bare, guarded]] = await once(child, 'message');
  const cpu = async () => {
    child.send('cpu');
    const [{ user, system }] = await once(child, 'message');
    return user + system;
  };
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const one = (url) =>
    new Promise((resolve, reject) => {
      request(url, { agent, headers: { authorization } }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
        response.resume().on('end', resolve);
      })
        .on('error', reject)
        .end();
    });
  const load = async (url) => {
    const before = await cpu();
    for (let count = 0; count < requests; count += 8)
      await Promise.all(Array.from({ length: 8 }, () => one(url)));
    return ((await cpu()) - before) / requests;
  };
  for (const app of [bare, guarded]) await load(app);
  const pairs = [];
  for (let count = 0; count < rounds; count += 1) {
    const order = count % 2 === 0 ? [bare, guarded] : [guarded, bare];
    const took = new Map();
    for (const app of order) took.set(app, await load(app));
    pairs.push(took.get(guarded) - took.get(bare));
  }
  const { median, low, high } = spreadOf(pairs.sort((a, b) => a - b));
  report({
    what: "Express, what the middleware adds to a request's CPU time",
    unit: 'us',
    median,
    low,
    high,
  });
  console.log(
    `Express, what the middleware adds to a request: ${median.toFixed(1)} us of CPU (${low.toFixed(1)} to ${high.toFixed(1)})`,
  );
  agent.destroy();
  child.kill();
}

/** Median, and the quartiles. */
function spreadOf(sorted) {
  const at = (share) => sorted[Math.floor((sorted.length - 1) * share)];
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}
