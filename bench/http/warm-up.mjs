import { takeTurn } from './turn.mjs';

const seconds = 1;

/**
 * One turn for every kind of request, and some more of the first case for contenders with JavaScript: their first thousands of
 * requests compile the program, and the benchmark measures the cost after that.
 */
export async function warmUp(stage, contender, cases, { connections }) {
  const [first] = cases;
  const ways = new Map(cases.map((one) => [`${one.method} ${JSON.stringify(one.headers)}`, one]));
  const more = contender.sends === undefined ? [] : [first, first, first];
  for (const one of [...more, ...ways.values()])
    await takeTurn(stage, contender, one, { seconds, connections });
}
