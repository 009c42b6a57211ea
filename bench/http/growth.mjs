// How the gateway's cost grows with its input: `npm run bench:growth`, with `--help` for its options. Application level, everything
// enabled, one worker unless the number of workers is the dimension; each value is compared with the first of its kind in the same
// round.
import { Agent } from 'node:http';
import { writeFileSync } from 'node:fs';
import { describeMachine, versionsOf } from '../lib/machine.mjs';
import { openStage } from '../lib/stage.mjs';
import { ask } from './ask.mjs';
import { startAuthorizationServer } from './authorization-server.mjs';
import { startBackend } from './backend.mjs';
import { dimensions, gateways, manyCredentials } from './dimensions.mjs';
import { basic, startGrantgate } from './grantgate.mjs';
import { parse, pick, positive, UsageError } from './options.mjs';
import { describe, detailTable, summarise } from './report.mjs';
import { takeRounds } from './rounds.mjs';
import { takeTurn } from './turn.mjs';

const names = dimensions.map(({ name }) => name);
const usage = `npm run bench:growth -- [OPTION...]
  --rounds N       rounds, in each of which every value has a turn; default 5
  --seconds N      length of a turn; default 1
  --connections N  connections at a time; default 32
  --only NAME,...  these alone: ${names.join(', ')}
  --json FILE      write every round's numbers there as well
`;
const say = (text) => process.stderr.write(`${text}\n`);

try {
  const { values } = parse(process.argv.slice(2), {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    connections: { type: 'string', default: '32' },
    only: { type: 'string', multiple: true },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  const chosen = pick('only', values.only, names);
  if (values.help) process.stdout.write(usage);
  else
    await run({
      rounds: positive('rounds', values.rounds),
      seconds: positive('seconds', values.seconds),
      connections: positive('connections', values.connections),
      groups: dimensions.filter(({ name }) => chosen.includes(name)),
      json: values.json,
    });
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}

async function run({ rounds, seconds, connections, groups, json }) {
  const stage = openStage();
  const clients = groups.some(({ name }) => name === 'credentials') ? manyClients() : [];
  const server = await startAuthorizationServer(clients);
  const report = {
    machine: describeMachine(),
    versions: versionsOf({ nginx: ['-v'], wrk: ['--version'] }),
    settings: { rounds, seconds, connections },
  };
  const backend = await startBackend(stage);
  const started = new Map();
  for (const { contestants } of groups)
    for (const { gateway: name } of contestants) {
      if (started.has(name)) continue;
      say(`starting the gateway ${name}`);
      const options = { ...gateways[name], name, backend: backend.port, tokenUrl: server.url };
      started.set(name, { name, ...(await startGrantgate(stage, { ...options, level: 'application' })) });
    }
  if (clients.length > 0) {
    say(`getting ${clients.length} tokens`);
    await getTokens(started.get('callers').port, clients);
  }
  const take = (_group, { gateway, asks }) =>
    takeTurn(stage, started.get(gateway), asks, { seconds, connections });
  say('warming up');
  // The first thousands of requests compile the program.
  await takeRounds(groups, 2, take);
  const results = await takeRounds(groups, rounds, take, (round) => say(`round ${round + 1} of ${rounds}`));
  await stage.close();
  await server.close();

  const summaries = groups.map(({ name, first, contestants: [{ name: baseline }] }) => {
    const summary = summarise(results.get(name), baseline);
    return { name, baseline, summary, table: detailTable(summary, { first, baseline }) };
  });
  process.stdout.write(`${describe(report)}\n`);
  for (const { name, table } of summaries) process.stdout.write(`\n${name}\n\n${table}\n`);
  if (json !== undefined) {
    const dimensionsOf = summaries.map(({ name, baseline, summary }) => ({ name, baseline, summary }));
    writeFileSync(json, `${JSON.stringify({ ...report, dimensions: dimensionsOf }, undefined, 2)}\n`);
  }
}

/** The names in `request.lua`. */
function manyClients() {
  return Array.from({ length: manyCredentials }, (_, index) => ({
    clientId: `client-${index + 1}`,
    clientSecret: `secret-${index + 1}`,
  }));
}

/** Before the measurement, each credential's token is in the gateway's memory. */
async function getTokens(port, clients) {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const waiting = [...clients];
  const getNext = async () => {
    for (let client = waiting.pop(); client !== undefined; client = waiting.pop()) {
      const { status } = await ask(port, { path: '/28B', headers: { authorization: basic(client) }, agent });
      if (status !== 200) throw new Error(`${client.clientId}: status ${status} instead of 200`);
    }
  };
  await Promise.all(Array.from({ length: 16 }, getNext));
  agent.destroy();
}
