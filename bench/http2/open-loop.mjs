// Latency at a fixed rate: `npm run bench:open-loop`, with `--help` for its options. Requests are sent on schedule, even if earlier
// responses are late, and a latency counts from the scheduled time (no coordinated omission).
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { basic, callers } from '../http/grantgate.mjs';
import { parse, pick, positive, runCommand } from '../http/options.mjs';
import { takeRounds } from '../http/rounds.mjs';
import { describeMachine } from '../lib/machine.mjs';
import { markdownTable } from '../lib/markdown.mjs';
import { median, ratiosOf, spreadOf } from '../lib/spread.mjs';
import { openStage } from '../lib/stage.mjs';
import { startBackends } from './backends.mjs';
import { cases } from './cases.mjs';
import { checkContender } from './check.mjs';
import { contenderNames, startContenders } from './contenders.mjs';
import { takeTurn } from './turn.mjs';

const peer = 'envoy+credential_injector';
const shares = [50, 80];
const driver = fileURLToPath(new URL('../rollover/driver.mjs', import.meta.url));
const warmUpTurns = 4;

const usage = `npm run bench:open-loop -- [OPTION...]
  --rounds N       rounds, in each of which every contender has a turn at every rate; default 5
  --seconds N      length of a turn; default 4
  --connections N  kept connections of HTTP/1.1; default 64
  --only NAME,...  these contenders alone; default ${peer},grantgate-gateway,grantgate-application:
                   ${contenderNames.join('\n                   ')}
  --json FILE      write every round's numbers there as well
`;
const say = (text) => process.stderr.write(`${text}\n`);

await runCommand({ parseOptions, usage, run });

function parseOptions(args) {
  const { values } = parse(args, {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '64' },
    only: { type: 'string', multiple: true, default: [`${peer},grantgate-gateway,grantgate-application`] },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  return {
    help: values.help,
    rounds: positive('rounds', values.rounds),
    seconds: positive('seconds', values.seconds),
    connections: positive('connections', values.connections),
    contenders: pick('only', values.only, contenderNames),
    json: values.json,
  };
}

/** Latencies in microseconds of one contender at that many requests a second. */
async function drive(contender, rate, { seconds, connections }) {
  const args = [contender.ports.plain, rate, seconds, connections, basic(callers)].map(String);
  const child = fork(driver, args, { serialization: 'advanced' });
  const [{ samples, failures }] = await once(child, 'message');
  if (failures > 0) throw new Error(`${contender.name}: ${failures} of its requests failed at ${rate}/s`);
  const sorted = Float64Array.from(samples, ({ latency }) => latency * 1000).sort();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { p50Us: at(0.5), p99Us: at(0.99), p999Us: at(0.999) };
}

async function run({ rounds, json, ...options }) {
  const stage = openStage();
  const { authorizationServer, behind } = await startBackends(stage);
  const contestants = await startContenders(stage, options.contenders, behind);
  // From then on, each has its token.
  for (const one of contestants)
    await checkContender(one, authorizationServer, [cases.get('h2c-32-streams')]);
  const capacities = await measureCapacities(stage, contestants);
  // The same rate for all, so that none is measured at a lower load.
  const capacity = Math.min(...capacities.values());
  const groups = shares.map((share) => ({
    name: `${share} %`,
    rate: Math.round((capacity * share) / 100),
    contestants,
  }));
  const take = ({ rate }, contender) => drive(contender, rate, options);
  const results = await takeRounds(groups, rounds, take, (round) => say(`round ${round + 1} of ${rounds}`));
  await stage.close();
  await authorizationServer.close();
  report({ rounds, json, options, capacities, groups, results });
}

/** Requests a second in a closed loop over 32 connections: the median of three turns, after some to warm up. */
async function measureCapacities(stage, contenders) {
  const capacities = new Map();
  for (const contender of contenders) {
    say(`warming up ${contender.name}`);
    const found = [];
    for (let turn = 0; turn < warmUpTurns + 3; turn += 1) {
      const { requestsPerSecond } = await takeTurn(stage, contender, cases.get('plain-keepalive'), {
        seconds: 1,
      });
      if (turn >= warmUpTurns) found.push(requestsPerSecond);
    }
    capacities.set(contender.name, median(found));
  }
  return capacities;
}

function report({ rounds, json, options, capacities, groups, results }) {
  const { cores, model, node, date } = describeMachine();
  const { seconds, connections } = options;
  const first = options.contenders[0];
  const ms = ({ median: middle, low, high }) =>
    `${(middle / 1000).toFixed(2)} (${(low / 1000).toFixed(2)} to ${(high / 1000).toFixed(2)})`;
  const rows = groups.flatMap(({ name, rate }) =>
    [...results.get(name)].map(([contender, turns]) => {
      const valuesOf = (measure, of = turns) => of.map((turn) => turn[measure]);
      const ratio = ratiosOf(valuesOf('p99Us'), valuesOf('p99Us', results.get(name).get(first)));
      return [
        name,
        rate,
        contender,
        ...['p50Us', 'p99Us', 'p999Us'].map((measure) => ms(spreadOf(valuesOf(measure)))),
        contender === first
          ? '1'
          : `${ratio.median.toFixed(2)} (${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)})`,
      ];
    }),
  );
  const head = ['capacity', 'requests/s', 'contender', 'p50 ms', 'p99 ms', 'p99.9 ms', `p99 x ${first}`];
  const all = [...capacities].map(([name, value]) => `${name} ${value.toFixed(0)}/s`).join(', ');
  process.stdout.write(`${date}: ${cores} cores, ${model}, Node.js ${node}
${['npm run bench:open-loop --', ...process.argv.slice(2)].join(' ')}
rounds ${rounds}, seconds ${seconds}, connections ${connections}
capacities: ${all}

${markdownTable(head, rows)}
`);
  if (json !== undefined)
    writeFileSync(
      json,
      `${JSON.stringify({ capacities: Object.fromEntries(capacities), groups: rows, head }, undefined, 2)}\n`,
    );
}
