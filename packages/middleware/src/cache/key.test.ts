import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createKeyer } from './key.ts';

const keyOf = createKeyer(Buffer.alloc(32, 7));
const parts = fc.array(
  fc.string({ unit: fc.constantFrom('a', 'b', '\0', '\u0001', 'é', ':'), maxLength: 4 }),
  { maxLength: 4 },
);

it('no two different lists of parts have one key', () => {
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(parts, (list) => {
      const key = keyOf(list);
      const text = JSON.stringify(list);
      expect(seen.get(key) ?? text).toBe(text);
      seen.set(key, text);
      expect(keyOf([...list])).toBe(key);
    }),
    { numRuns: 2000 },
  );
});

it('a different split of the same text has a different key', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.nat(), fc.nat(), (text, one, two) => {
      const cut = (at: number): string[] => [text.slice(0, at), text.slice(at)];
      const [a, b] = [one % (text.length + 1), two % (text.length + 1)];
      const wellFormed = [...cut(a), ...cut(b)].every((part) => !/\p{Cs}/u.test(part));
      fc.pre(a !== b && wellFormed);
      expect(keyOf(cut(a))).not.toBe(keyOf(cut(b)));
    }),
  );
});

it('reveals no part and always has the same form', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 8, unit: 'grapheme-ascii' }), (secret) => {
      const key = keyOf(['https://as.example/token', 'app', secret]);
      expect(key).toMatch(/^[A-Za-z0-9_-]{43}$/);
      expect(key).not.toContain(secret);
    }),
  );
});

it('cannot be computed without the secret of the process', () => {
  expect(createKeyer(Buffer.alloc(32, 8))(['a'])).not.toBe(keyOf(['a']));
});
