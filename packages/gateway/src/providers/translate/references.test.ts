import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MiddlewareConfig } from '../../config/dynamic.ts';
import type { Draft, Mention } from './draft.ts';
import { createDraft } from './draft.ts';
import { createCheckReferences } from './references.ts';

const place = { file: 'a.yaml', line: 1, column: 1 };

const createMention = (from: string, to: string): Mention => ({
  in: { kind: 'middlewares', name: from },
  of: { kind: 'middlewares', name: to },
  place,
  path: '',
});

function createChains(names: readonly string[], mentions: readonly Mention[]): Draft {
  const draft = createDraft();
  for (const name of names) {
    const chain: MiddlewareConfig = {
      kind: 'chain',
      name,
      place,
      errors: [],
      options: {},
      namespace: undefined,
      localReferences: undefined,
      placeOf: () => place,
      members: [],
    };
    draft.middlewares.set(name, chain);
  }
  draft.mentions.push(...mentions);
  return draft;
}

describe('references', () => {
  it('are circular exactly when following them returns to the first name', () => {
    const name = fc.integer({ min: 0, max: 7 }).map((n) => `m${n}`);
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, name), { maxLength: 16, selector: String }), (pairs) => {
        const reaches = (from: string, to: string, seen: readonly string[] = []): boolean =>
          from === to ||
          pairs.some(([a, b]) => a === from && !seen.includes(b) && reaches(b, to, [...seen, b]));
        const names = Array.from({ length: 8 }, (_, n) => `m${n}`);
        const draft = createChains(names, pairs.map(([from, to]) => createMention(from, to))); // prettier-ignore
        const expected = pairs.filter(([from, to]) => reaches(to, from));
        expect(createCheckReferences()(draft).map(({ problem }) => problem.message)).toEqual(
          expected.map(([from, to]) => `${to} refers back to ${from}`),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('are each followed a bounded number of times, however long the chain', () => {
    const count = 10_000;
    const names = Array.from({ length: count }, (_, n) => `m${n}`);
    let reads = 0;
    const mentions = names.slice(1).map((to, index): Mention => {
      const mention = createMention(`m${index}`, to);
      return { ...mention, get of() { reads += 1; return mention.of; } }; // prettier-ignore
    });
    expect(createCheckReferences()(createChains(names, mentions))).toEqual([]);
    expect(reads).toBeLessThanOrEqual(10 * count);
  });

  it('that are missing are reported once per entry, with the nearest name for the first of them', () => {
    const mentions = Array.from({ length: 200 }, (_, n) => createMention('first', `auth${n}`));
    const messages = createCheckReferences()(createChains(['first', 'auth'], [...mentions, ...mentions])).map(
      ({ problem }) => problem.message,
    );
    expect(messages).toHaveLength(200);
    expect(messages[0]).toBe('there is no middleware auth0: did you mean auth?');
    expect(messages.filter((message) => message.includes('did you mean'))).toHaveLength(20);
    expect(messages.at(-1)).toBe('there is no middleware auth199');
  });
});
