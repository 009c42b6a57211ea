// Proxies and gateways in one run, measured with wrk: `npm run bench:http`, with `--help` for its options.
//
// Every contender runs in one process or thread and writes an access log to a file, in its usual configuration. The cost of
// grantgate's process is added to that of proxies with forward-auth. A response that is not 2xx fails the run.
import { describeMachine, versionsOf } from '../lib/machine.mjs';
import { openStage } from '../lib/stage.mjs';
import { startAuthorizationServer } from './authorization-server.mjs';
import { startBackend } from './backend.mjs';
import { cases } from './cases.mjs';
import { checkContender } from './check.mjs';
import { baseline, startContenders } from './contenders.mjs';
import { parseOptions, runCommand, usage } from './options.mjs';
import { writeReport } from './report.mjs';
import { takeRounds } from './rounds.mjs';
import { takeTurn } from './turn.mjs';
import { warmUp } from './warm-up.mjs';

const versionArguments = { nginx: ['-v'], haproxy: ['-v'], caddy: ['version'], wrk: ['--version'] };
const say = (text) => process.stderr.write(`${text}\n`);

await runCommand({ parseOptions, usage, run });

async function run({ rounds, seconds, connections, json, ...options }) {
  const stage = openStage();
  const server = await startAuthorizationServer();
  const report = {
    machine: describeMachine(),
    command: ['npm run bench:http --', ...process.argv.slice(2)].join(' '),
    versions: versionsOf(versionArguments),
    settings: { rounds, seconds, connections },
  };
  const backend = await startBackend(stage);
  const contenders = await startContenders({
    stage,
    backend: backend.port,
    tokenUrl: server.url,
    names: options.contenders,
    peers: options.peers,
  });
  for (const contender of contenders) {
    say(`checking and warming up ${contender.name}`);
    await checkContender(contender, server, options.cases);
    await warmUp(stage, contender, options.cases, { connections });
  }
  const groups = options.cases.map(({ name }) => ({ name, contestants: contenders }));
  const take = ({ name }, contender) => takeTurn(stage, contender, cases.get(name), { seconds, connections });
  const results = await takeRounds(groups, rounds, take, (round) => say(`round ${round + 1} of ${rounds}`));
  await stage.close();
  await server.close();

  writeReport(report, results, { baseline, json });
}
