// HTTP/2, gRPC, TLS and new connections in one run: `npm run bench:http2`, with `--help` for its options. As in bench/http, every
// contender has one thread and writes an access log, and a response that is not 2xx fails the run.
import { runCommand } from '../http/options.mjs';
import { writeReport } from '../http/report.mjs';
import { takeRounds } from '../http/rounds.mjs';
import { describeMachine, versionsOf } from '../lib/machine.mjs';
import { openStage } from '../lib/stage.mjs';
import { startBackends } from './backends.mjs';
import { checkContender } from './check.mjs';
import { baseline, startContenders } from './contenders.mjs';
import { envoyProgram } from './envoy.mjs';
import { parseOptions, usage } from './options.mjs';
import { takeTurn } from './turn.mjs';

const versionArguments = {
  nginx: ['-v'],
  haproxy: ['-v'],
  caddy: ['version'],
  [envoyProgram]: ['--version'],
  h2load: ['--version'],
  wrk: ['--version'],
};
const say = (text) => process.stderr.write(`${text}\n`);

await runCommand({ parseOptions, usage, run });

async function run({ rounds, seconds, json, ...options }) {
  const stage = openStage();
  const { authorizationServer, behind } = await startBackends(stage);
  const { [envoyProgram]: envoy, ...versions } = versionsOf(versionArguments);
  const report = {
    machine: describeMachine(),
    command: ['npm run bench:http2 --', ...process.argv.slice(2)].join(' '),
    versions: { ...versions, envoy },
    settings: { rounds, seconds },
  };
  const contenders = await startContenders(stage, options.contenders, behind);
  for (const contender of contenders) {
    say(`checking and warming up ${contender.name}`);
    await checkContender(contender, authorizationServer, options.cases);
    // Code in JavaScript is compiled in its first thousands of requests.
    const turns = contender.name.startsWith('grantgate') ? 5 : 1;
    for (let turn = 0; turn < turns; turn += 1)
      for (const one of options.cases) await takeTurn(stage, contender, one, { seconds: 1 });
  }
  const groups = options.cases.map((one) => ({ ...one, contestants: contenders }));
  const take = (one, contender) => takeTurn(stage, contender, one, { seconds });
  const results = await takeRounds(groups, rounds, take, (round) => say(`round ${round + 1} of ${rounds}`));
  await stage.close();
  await authorizationServer.close();

  writeReport(report, results, { baseline, json });
}
