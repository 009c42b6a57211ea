import { parseArgs } from 'node:util';
import { cases } from './cases.mjs';
import { baseline, contenderNames } from './contenders.mjs';

/** Options of every run. */
const quickCase = '28B-get-keepalive';

export const usage = `npm run bench:http -- [OPTION...]
  --rounds N       rounds, in each of which every contender has a turn at every case; default 3
  --seconds N      length of a turn; default 1
  --connections N  connections at a time; default 32
  --only NAME,...  these contenders alone, and ${baseline}, to which all are compared:
                   ${contenderNames.join('\n                   ')}
  --cases NAME,... these cases alone:
                   ${[...cases.keys()].join('\n                   ')}
  --quick          the case ${quickCase} alone, of all contenders
  --peer DIR       another build of this repository too, with one worker; again for more
  --json FILE      write every round's numbers there as well
`;

/** Wrong usage; the message is shown to the user. */
export class UsageError extends Error {}

/** Runs a benchmark with the arguments of its command: prints the usage for `--help`, and exits 2 with it for wrong arguments. */
export async function runCommand({ parseOptions, usage, run }) {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options.help) process.stdout.write(usage);
    else await run(options);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    process.exitCode = 2;
  }
}

/** The measurements of a run, from the arguments of the command. */
export function parseOptions(args) {
  const { values } = parse(args, {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '1' },
    connections: { type: 'string', default: '32' },
    only: { type: 'string', multiple: true },
    cases: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    peer: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  if (values.quick && values.cases !== undefined)
    throw new UsageError('--quick: has a case of its own, without --cases');
  const chosen = pick('only', values.only, contenderNames);
  return {
    help: values.help,
    rounds: positive('rounds', values.rounds),
    seconds: positive('seconds', values.seconds),
    connections: positive('connections', values.connections),
    contenders: contenderNames.filter((name) => name === baseline || chosen.includes(name)),
    cases: pick('cases', values.quick ? [quickCase] : values.cases, [...cases.keys()]).map((name) =>
      cases.get(name),
    ),
    peers: values.peer,
    json: values.json,
  };
}

export function parse(args, options) {
  try {
    return parseArgs({ args, options });
  } catch (error) {
    throw new UsageError(error.message);
  }
}

export function positive(name, text) {
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`--${name} ${text}: expected a whole number above 0`);
  return Number(text);
}

/** The named elements of `known`, in the order of `known`; all of them without a selection. */
export function pick(option, lists, known) {
  if (lists === undefined) return known;
  const names = lists.flatMap((list) => list.split(','));
  for (const name of names)
    if (!known.includes(name))
      throw new UsageError(`--${option} ${name}: unknown; there are ${known.join(', ')}`);
  return known.filter((name) => names.includes(name));
}
