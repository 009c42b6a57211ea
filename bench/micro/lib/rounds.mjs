import { performance } from 'node:perf_hooks';

/** Rounds of every comparison; `ROUNDS` in the environment replaces `usual`. */
export function roundsOr(usual) {
  const rounds = Number(process.env.ROUNDS ?? usual);
  if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError('ROUNDS: expected a positive integer');
  return rounds;
}

/** Median and quartiles. */
export function spreadOf(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.floor((sorted.length - 1) * share)];
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

/** Microseconds of processor time that this process has used, including its threads for compilation and collection. */
function cpuMicroseconds() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Processor and wall time of `work(count)`, microseconds per piece. */
async function timed(work, count) {
  const [cpu, wall] = [cpuMicroseconds(), performance.now()];
  const pending = work(count);
  if (pending !== undefined) await pending;
  return {
    cpu: (cpuMicroseconds() - cpu) / count,
    wall: ((performance.now() - wall) * 1000) / count,
  };
}

/** Number of pieces of work that take about `ms` milliseconds. */
async function countFor(work, ms) {
  for (let count = 1; ; count *= 2) {
    const { wall } = await timed(work, count);
    if (wall * count >= ms * 1000) return count;
  }
}

/**
 * Measures contenders in turns, so that a busy moment affects all of them. `work(count)` does that many pieces of work;
 * asynchronous work returns a promise.
 *
 * @param contenders name to `work`.
 * @param options `rounds`; `turnMs`, the approximate length of a turn in milliseconds; `warmTurns`, warm-up turns of each
 * contender; `over`, the contender with which ratios and differences compare, by default the first.
 * @returns name to `{ cpu, wall, ratio, difference }`, each with median and quartiles: microseconds per piece, the ratio of a
 * round's processor time to that of `over` in the same round, and the difference between them.
 */
export async function compare(contenders, options) {
  const names = Object.keys(contenders);
  const { rounds, turnMs = 10, warmTurns = 3, over = names[0] } = options;
  const counts = {};
  for (let warm = 0; warm < warmTurns; warm += 1)
    for (const name of names) counts[name] = await countFor(contenders[name], turnMs);
  const turns = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    // None is always first, or always follows the same one.
    const order = names.map((_, at) => names[(at + round) % names.length]);
    if (round % 2 === 1) order.reverse();
    for (const name of order) turns[name].push(await timed(contenders[name], counts[name]));
  }
  const base = turns[over];
  const compared = names.map((name) => [
    name,
    {
      cpu: spreadOf(turns[name].map(({ cpu }) => cpu)),
      wall: spreadOf(turns[name].map(({ wall }) => wall)),
      ratio: spreadOf(turns[name].map(({ cpu }, round) => cpu / base[round].cpu)),
      difference: spreadOf(turns[name].map(({ cpu }, round) => cpu - base[round].cpu)),
    },
  ]);
  return Object.fromEntries(compared);
}

/** Median and quartiles in nanoseconds, as text: `123 (120 to 131)`. */
export function nanoseconds({ median, low, high }) {
  const text = (microseconds) => (microseconds * 1000).toFixed(0);
  return `${text(median)} (${text(low)} to ${text(high)})`;
}

/** Median and quartiles with so many digits after the point. */
export function spreadText({ median, low, high }, digits) {
  return `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}
