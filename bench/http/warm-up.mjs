import { takeTurn } from './turn.mjs';

const seconds = 1;

/**
 * One turn at every way of asking, and some more at the first case for what has JavaScript in it: its first thousands of
 * requests compile the program, and what it costs from then on is asked for.
 */
export async function warmUp(stage, contender, cases, { connections }) {
  const [first] = cases;
  const ways = new Map(cases.map((one) => [`${one.method} ${JSON.stringify(one.headers)}`, one]));
  const more = contender.sends === undefined ? [] : [first, first, first];
  for (const one of [...more, ...ways.values()])
    await takeTurn(stage, contender, one, { seconds, connections });
}
