import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDerive, createMapAgain, type LookUp } from './derive.ts';
import { remember } from './remember.ts';

interface Item {
  readonly name: string;
  readonly needs: readonly string[];
}

type PartMaps = { readonly parts: ReadonlyMap<string, object> };

/** Derives the list of dependencies of each item, and records the derivations. */
function start() {
  const derived: string[] = [];
  const derive = createDerive(({ name, needs }: Item, lookUp: LookUp<PartMaps>) => {
    derived.push(name);
    return { name, found: needs.map((need) => lookUp('parts', need)) };
  });
  return {
    derive: (items: readonly Item[], parts: PartMaps['parts']) => derive(items, { parts }),
    takeDerived: () => derived.splice(0),
  };
}

describe('a derived list', () => {
  const [x, y] = [{}, {}];
  const a: Item = { name: 'a', needs: ['x'] };
  const b: Item = { name: 'b', needs: ['y'] };
  const c: Item = { name: 'c', needs: ['missing'] };

  it('is the previous list when nothing has changed', () => {
    const { derive, takeDerived } = start();
    const first = derive([a, b], new Map([['x', x]]));
    expect(derive([a, b], new Map([['x', x]]))).toBe(first);
    expect(takeDerived()).toEqual(['a', 'b']);
  });

  it('derives again only items for which a name resolves to another object', () => {
    const { derive, takeDerived } = start();
    const [ofA, ofB, ofC] = derive([a, b, c], new Map([['x', x], ['y', y]])); // prettier-ignore
    takeDerived();
    const later = derive([a, b, c], new Map([['x', x], ['y', {}]])); // prettier-ignore
    expect(takeDerived()).toEqual(['b']);
    expect([later[0], later[2]]).toEqual([ofA, ofC]);
    expect(later[1]).not.toBe(ofB);
    derive([a, b, c], new Map([['x', x], ['y', y], ['missing', y]])); // prettier-ignore
    expect(takeDerived()).toEqual(['b', 'c']);
  });

  it('does not derive an item again when others around it are moved, added or removed', () => {
    const { derive, takeDerived } = start();
    const parts = new Map([['x', x]]);
    derive([a, b], parts);
    takeDerived();
    derive([c, b, a], parts);
    derive([a], parts);
    derive([b, a], parts);
    expect(takeDerived()).toEqual(['c']);
  });

  it('offers the last result, so that parts of it can be kept', () => {
    const offered: unknown[] = [];
    const derive = createDerive((item: Item, lookUp: LookUp<PartMaps>, before: object | undefined) => {
      offered.push(before);
      return { part: lookUp('parts', item.needs[0] ?? '') };
    });
    const [first] = derive([a], { parts: new Map([['x', x]]) });
    derive([a], { parts: new Map([['x', y]]) });
    expect(offered).toEqual([undefined, first]);
  });

  it('equals a derivation from scratch, after any changes', () => {
    const items = Array.from({ length: 6 }, (_, index): Item => ({ name: `i${index}`, needs: [`n${index % 3}`, `n${index % 4}`] })); // prettier-ignore
    const values = [{}, {}, {}];
    const step = fc.record({
      list: fc.shuffledSubarray(items),
      parts: fc.dictionary(fc.constantFrom('n0', 'n1', 'n2', 'n3'), fc.constantFrom(...values)),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        const { derive } = start();
        for (const { list, parts } of steps) {
          const map = new Map(Object.entries(parts));
          expect(derive(list, map)).toEqual(start().derive(list, map));
          for (const [index, { found }] of derive(list, map).entries())
            expect(found.every((one, at) => one === map.get(list[index]?.needs[at] ?? ''))).toBe(true);
        }
      }),
    );
  });
});

describe('a mapped list', () => {
  it('maps each item once, and returns the same list for an unchanged one', () => {
    const mapped: string[] = [];
    const map = createMapAgain(({ name }: { name: string }) => mapped.push(name));
    const [a, b, c] = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];
    const first = map([a, b]);
    expect(map([a, b])).toBe(first);
    expect(map([b, c, a])).toEqual([2, 3, 1]);
    expect(map([a, b])).toEqual(first);
    expect(mapped).toEqual(['a', 'b', 'c']);
  });
});

it('a remembered result is derived once per object, even if it is undefined', () => {
  let count = 0;
  const derive = remember(() => void (count += 1));
  const one = {};
  derive(one);
  derive(one);
  derive({});
  expect(count).toBe(2);
});
