import { describe, expect, it } from 'vitest';
import { keepList, keepMap } from './list-changes.ts';

describe('a list that equals the previous one', () => {
  it('is the previous object', () => {
    const [a, b] = [{}, {}];
    const before = [a, b];
    expect(keepList(before, [a, b])).toBe(before);
    expect(keepList(before, [b, a])).not.toBe(before);
    expect(keepList(before, [a])).not.toBe(before);
    expect(keepList(before, [a, b, a])).not.toBe(before);
  });
});

it('a map with the previous entries in the same order is the previous object', () => {
  const before = new Map([
    ['a', 1],
    ['b', 2],
  ]);
  expect(keepMap(before, new Map(before))).toBe(before);
  for (const other of [
    [['a', 1]],
    [
      ['a', 1],
      ['b', 3],
    ],
    [
      ['b', 2],
      ['a', 1],
    ],
    [
      ['a', 1],
      ['c', 2],
    ],
  ] as const) {
    const after = new Map<string, number>(other);
    expect(keepMap(before, after)).toBe(after);
  }
  expect(keepMap(undefined, before)).toBe(before);
});
