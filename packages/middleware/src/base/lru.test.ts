import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLru } from './lru.ts';

type LruOperation = ['get' | 'set' | 'delete', number] | ['deleteEven' | 'clear'];
const steps = fc.array(
  fc.oneof<fc.Arbitrary<LruOperation>[]>(
    fc.tuple(fc.constantFrom('get', 'set', 'delete'), fc.nat(6)),
    fc.constant(['deleteEven']),
    fc.constant(['clear']),
  ),
  { maxLength: 60 },
);

describe('an LRU', () => {
  it('behaves like a list in order of use', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), steps, (max, todo) => {
        const lru = createLru<number, number>(max);
        let list: [number, number][] = [];
        /** The result of each step, and the contents of the list. */
        const results: [unknown, unknown][] = [];
        const take = (key: number): [number, number] | undefined => {
          const found = list.find(([one]) => one === key);
          list = list.filter(([one]) => one !== key);
          return found;
        };
        todo.forEach(([what, key = 0], value) => {
          if (what === 'clear') {
            lru.clear();
            list = [];
          } else if (what === 'deleteEven') {
            lru.deleteWhere((one) => one % 2 === 0);
            list = list.filter(([, one]) => one % 2 !== 0);
          } else if (what === 'delete') {
            results.push([lru.delete(key), take(key) !== undefined]);
          } else if (what === 'set') {
            take(key);
            list = [...list, [key, value] as [number, number]].slice(-max);
            lru.set(key, value);
          } else {
            const found = take(key);
            if (found) list.push(found);
            results.push([lru.get(key), found?.[1]]);
          }
          results.push([lru.size, list.length]);
        });
        expect(results.map(([ours]) => ours)).toEqual(results.map(([, theirs]) => theirs));
      }),
      { numRuns: 500 },
    );
  });

  it.each([0, -1, 1.5, NaN, Infinity])('of %d entries is rejected', (max) => {
    expect(() => createLru(max)).toThrow(RangeError);
  });
});
