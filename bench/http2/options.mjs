import { parse, pick, positive } from '../http/options.mjs';
import { cases } from './cases.mjs';
import { baseline, contenderNames } from './contenders.mjs';

export const usage = `npm run bench:http2 -- [OPTION...]
  --rounds N       rounds, in each of which every contender has a turn at every case; default 3
  --seconds N      length of a turn; default 1
  --only NAME,...  these contenders alone, and ${baseline}, to which all are compared:
                   ${contenderNames.join('\n                   ')}
  --cases NAME,... these cases alone:
                   ${[...cases.keys()].join('\n                   ')}
  --json FILE      write every round's numbers there as well
`;

/** The measurements of a run, from the arguments of the command. */
export function parseOptions(args) {
  const { values } = parse(args, {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '1' },
    only: { type: 'string', multiple: true },
    cases: { type: 'string', multiple: true },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  const chosen = pick('only', values.only, contenderNames);
  return {
    help: values.help,
    rounds: positive('rounds', values.rounds),
    seconds: positive('seconds', values.seconds),
    contenders: contenderNames.filter((name) => name === baseline || chosen.includes(name)),
    cases: pick('cases', values.cases, [...cases.keys()]).map((name) => cases.get(name)),
    json: values.json,
  };
}
