import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRoundRobin } from './round-robin.ts';

const items = (weights: Readonly<Record<string, number>>) =>
  Object.entries(weights).map(([item, weight]) => ({ item, weight }));
const always = (): boolean => true;

describe('weighted round robin', () => {
  it('spreads the turns of a heavy item', () => {
    const { next } = createRoundRobin(items({ a: 5, b: 1, c: 1 }), always);
    expect(Array.from({ length: 14 }, next).join('')).toBe('aabacaaaabacaa');
  });

  it('takes equal items in turn', () => {
    const { next } = createRoundRobin(items({ a: 1, b: 1, c: 1 }), always);
    expect(Array.from({ length: 7 }, next).join('')).toBe('abcabca');
  });

  it('picks each item by its weight in every full turn', () => {
    const weights = fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(weights, (list) => {
        const { next } = createRoundRobin(
          list.map((weight, item) => ({ item, weight })),
          always,
        );
        const total = list.reduce((sum, weight) => sum + weight, 0);
        for (let turn = 0; turn < 3; turn += 1) {
          const counts = list.map(() => 0);
          for (let count = 0; count < total; count += 1) counts[next()!]! += 1;
          expect(counts).toEqual(list);
        }
        expect(next() === undefined).toBe(total === 0);
      }),
      { numRuns: 200 },
    );
  });

  it('skips unavailable items, which resume without catching up', () => {
    let down = new Set(['b']);
    const { next } = createRoundRobin(items({ a: 1, b: 2, c: 1 }), (item) => !down.has(item));
    expect(Array.from({ length: 4 }, next).join('')).toBe('acac');
    down = new Set();
    const counts = { a: 0, b: 0, c: 0 };
    for (let count = 0; count < 8; count += 1) counts[next() as 'a' | 'b' | 'c'] += 1;
    expect(counts).toEqual({ a: 2, b: 4, c: 2 });
    down = new Set(['a', 'b', 'c']);
    expect(next()).toBeUndefined();
  });

  it('handles a single item that is down, and no item at all', () => {
    expect(createRoundRobin(items({ a: 3 }), () => false).next()).toBeUndefined();
    expect(createRoundRobin([], always).next()).toBeUndefined();
  });
});
