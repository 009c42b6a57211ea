import { describe, expect, it } from 'vitest';
import { detailTable, overviewTable, summarise } from './report.mjs';
import { takeRounds } from './rounds.mjs';

const turn = (cpuUs) => ({
  cpuUs,
  requestsPerSecond: 1e6 / cpuUs,
  p50Us: cpuUs * 10,
  p99Us: 12_345,
  memoryBytes: 3 * 1024 ** 2,
});
const rounds = new Map([
  ['nginx', [10, 20, 40, 10].map(turn)],
  ['other', [30, 30, 40, 20].map(turn)],
]);

describe('the report', () => {
  it('compares within a round, and gives the median and range of the rounds', () => {
    const [nginx, other] = summarise(rounds, 'nginx');
    expect(nginx.spread.cpuUs).toEqual({ median: 15, low: 10, high: 40 });
    expect(nginx.ratios.cpuUs).toEqual({ median: 1, low: 1, high: 1 });
    expect(other.ratios.cpuUs).toEqual({ median: 1.75, low: 1, high: 3 });
    expect(other.rounds).toBe(rounds.get('other'));
  });

  it('is a table that can be put into a document', () => {
    expect(detailTable(summarise(rounds, 'nginx'), { first: 'contender', baseline: 'nginx' })).toBe(
      `| contender | CPU us a request | x nginx (range)     | requests/s | p50 ms | p99 ms | MiB |
| --------- | ---------------- | ------------------- | ---------- | ------ | ------ | --- |
| nginx     | 15.0             | 1                   | 75000      | 0.15   | 12.35  | 3   |
| other     | 30.0             | 1.75 (1.00 to 3.00) | 33333      | 0.30   | 12.35  | 3   |`,
    );
  });

  it('shows the ratios of all cases in one table', () => {
    const summary = summarise(rounds, 'nginx');
    const two = [
      { name: 'one', summary },
      { name: 'two', summary },
    ];
    expect(overviewTable(two, 'contender').split('\n')[3]).toBe(
      '| other     | 1.75 (1.00 to 3.00) | 1.75 (1.00 to 3.00) |',
    );
  });
});

it('gives every contender one turn at each case in every round, each first in turn', async () => {
  const contestants = [{ name: 'a' }, { name: 'b' }];
  const groups = ['x', 'y'].map((name) => ({ name, contestants }));
  const order = [];
  const results = await takeRounds(groups, 2, async ({ name }, one) => order.push(`${name}${one.name}`));
  expect(order).toEqual(['xa', 'xb', 'ya', 'yb', 'xb', 'xa', 'yb', 'ya']);
  expect(Object.fromEntries(results.get('x'))).toEqual({ a: [1, 6], b: [2, 5] });
});
