// Effect of a token's roll-over on callers: `npm run bench:rollover`, with `--help` for its options.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startGateway } from '../lib/gateway.mjs';
import { describeMachine } from '../lib/machine.mjs';
import { markdownTable } from '../lib/markdown.mjs';
import { ratiosOf, spreadOf } from '../lib/spread.mjs';
import { openStage } from '../lib/stage.mjs';
import { basic, callers, own } from '../http/grantgate.mjs';
import { parse, positive, UsageError } from '../http/options.mjs';
import { faultsOf, percentile, splitByWindows } from './windows.mjs';

const usage = `npm run bench:rollover -- [OPTION...]
  --rounds N       rounds of each level; default 5
  --seconds N      length of a round; default 10
  --rate N         requests a second; default 2000
  --connections N  connections at a time; default 32
  --workers N      worker processes of the gateway; default 1
  --delay N        milliseconds that the authorization server takes; default 200
  --lifetime N     seconds that a token lives; default 3
  --json FILE      write every round's numbers there as well
`;
const numbers = { rounds: 5, seconds: 10, rate: 2000, connections: 32, workers: 1, delay: 200, lifetime: 3 };
/** Lifetime of a token that does not roll over, in seconds. */
const longLifetime = 86_400;
const warmUpSeconds = 4;

const say = (text) => process.stderr.write(`${text}\n`);

try {
  const { values } = parse(process.argv.slice(2), {
    ...Object.fromEntries(
      Object.entries(numbers).map(([name, preset]) => [name, { type: 'string', default: String(preset) }]),
    ),
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  const settings = Object.fromEntries(
    Object.keys(numbers).map((name) => [name, positive(name, values[name])]),
  );
  if (values.help) process.stdout.write(usage);
  else await run(settings, values.json);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}

/** A program of this folder, which sends its port first and other messages later. */
async function start(name, args, onMessage = () => {}) {
  const child = fork(fileURLToPath(new URL(name, import.meta.url)), args.map(String));
  const [{ port }] = await once(child, 'message');
  child.on('message', onMessage);
  return { port, close: () => child.kill('SIGKILL') };
}

/** A gateway with one credential, whose tokens have this lifetime. */
async function open(stage, level, settings, lifetime) {
  const windows = [];
  const used = [];
  const tokens = await start('token-server.mjs', [settings.delay, lifetime], (window) =>
    windows.push(window),
  );
  const service = await start('service.mjs', [], ({ token }) => used.push(token));
  const gateway = await startGateway(stage, {
    name: `${level}-${lifetime}`,
    install: {
      entryPoints: { web: { address: '127.0.0.1:0' } },
      accessLog: { filePath: stage.path(`${level}-${lifetime}.access.log`) },
      workers: settings.workers,
    },
    routes: {
      http: {
        routers: { all: { rule: 'PathPrefix(`/`)', service: 'service', middlewares: ['auth'] } },
        services: { service: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${service.port}` }] } } },
        middlewares: {
          auth: {
            plugin: {
              oAuthClientCredentials: {
                url: `http://127.0.0.1:${tokens.port}`,
                ...(level === 'gateway' && { clientID: own.clientId, clientSecret: own.clientSecret }),
              },
            },
          },
        },
      },
    },
  });
  const drive = async (seconds) => {
    const child = fork(
      fileURLToPath(new URL('driver.mjs', import.meta.url)),
      [gateway.portOf('web'), settings.rate, seconds, settings.connections, basic(callers)].map(String),
      { serialization: 'advanced' },
    );
    const [{ samples, failures }] = await once(child, 'message');
    return { samples, failures };
  };
  return {
    windows,
    used,
    drive,
    close() {
      tokens.close();
      service.close();
    },
  };
}

async function run(settings, json) {
  const stage = openStage();
  const report = { machine: describeMachine(), settings, levels: {} };
  const rows = [];
  let failed = false;
  for (const level of ['application', 'gateway']) {
    say(`${level} level: starting, warming up`);
    const rolling = await open(stage, level, settings, settings.lifetime);
    const lasting = await open(stage, level, settings, longLifetime);
    for (const one of [rolling, lasting]) await one.drive(warmUpSeconds);
    const rounds = [];
    for (let round = 0; round < settings.rounds; round += 1) {
      say(`${level} level: round ${round + 1} of ${settings.rounds}`);
      const control = await lasting.drive(settings.seconds);
      const { samples, failures } = await rolling.drive(settings.seconds);
      const { within, steady } = splitByWindows(samples, rolling.windows);
      if (failures + control.failures > 0) {
        say(`${failures + control.failures} requests failed`);
        failed = true;
      }
      rounds.push({
        within: summarise(within),
        steady: summarise(steady),
        control: summarise(control.samples.map(({ latency }) => latency)),
      });
    }
    for (const fault of faultsOf(rolling.windows, rolling.used)) {
      say(fault);
      failed = true;
    }
    report.levels[level] = { rounds, tokenRequests: rolling.windows.length, tokens: rolling.used.length };
    rows.push(...rowsOf(level, rounds, rolling.windows.length));
    rolling.close();
    lasting.close();
  }
  await stage.close();
  process.stdout.write(`${toTable(rows)}\n`);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (failed) process.exitCode = 1;
}

function rowsOf(level, rounds, tokenRequests) {
  const of = (kind, part) => rounds.map((round) => round[kind][part]);
  const show = ({ median, low, high }) => `${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
  const row = (what, kind, ratio) => [
    level,
    what,
    of(kind, 'requests')
      .reduce((sum, one) => sum + one, 0)
      .toLocaleString('en'),
    ...['p50', 'p99', 'p999'].map((part) => show(spreadOf(of(kind, part)))),
    ratio,
  ];
  const ratioTo = (base) => show(ratiosOf(of('within', 'p99'), of(base, 'p99')));
  return [
    row(`while it rolls over (${tokenRequests} times)`, 'within', ''),
    row('otherwise', 'steady', ratioTo('steady')),
    row('a token that lasts', 'control', ratioTo('control')),
  ];
}

function summarise(latencies) {
  return {
    requests: latencies.length,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    p999: percentile(latencies, 0.999),
  };
}

function toTable(rows) {
  return markdownTable(
    [
      'level',
      'requests that come',
      'requests',
      'p50 ms',
      'p99 ms',
      'p99.9 ms',
      'p99 while it rolls over, to this',
    ],
    rows,
  );
}
