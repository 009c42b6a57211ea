import { expect, it } from 'vitest';
import { faultsOf, percentile, splitByWindows } from './windows.mjs';

it('counts requests from just before a token request to just after it as those of the roll-over', () => {
  const samples = [100, 149, 150, 200, 300, 350, 351].map((at) => ({ at, latency: at }));
  expect(splitByWindows(samples, [{ begin: 200, end: 300 }])).toEqual({
    within: [150, 200, 300, 350],
    steady: [100, 149, 351],
  });
});

it('gives the value that a part of all does not exceed', () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect([percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1)]).toEqual([100, 198, 200]);
  expect(percentile([7], 0.01)).toBe(7);
});

it('finds token requests that meet, and tokens that were lost or made up', () => {
  const window = (begin, token) => ({ begin, end: begin + 10, token });
  expect(faultsOf([window(0, 'a'), window(20, 'b')], ['a', 'b'])).toEqual([]);
  expect(faultsOf([window(0, 'a'), window(20, 'b')], ['a'])).toEqual([]);
  expect(faultsOf([window(0, 'a'), window(5, 'b')], ['a', 'b'])).toHaveLength(1);
  expect(faultsOf([window(0, 'a')], ['a', 'c'])).toHaveLength(1);
  expect(faultsOf([window(0, 'a'), window(20, 'b'), window(40, 'c')], ['a'])).toHaveLength(1);
});
