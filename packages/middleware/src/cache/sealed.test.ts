import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeal } from './sealed.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 200 });

describe.each([16, 24, 32])('a seal with a secret of %i bytes', (bytes) => {
  const secret = randomBytes(bytes);
  const seal = createSeal(secret);

  it('decrypts its own entries, under the same key', () => {
    fc.assert(
      fc.property(text, text, (key, value) => {
        expect(seal.open(key, seal.seal(key, value))).toBe(value);
      }),
    );
  });

  it('does not open a seal that was copied to another key', () => {
    fc.assert(
      fc.property(text, text, text, (key, other, value) => {
        fc.pre(key !== other);
        expect(seal.open(other, seal.seal(key, value))).toBeUndefined();
      }),
    );
  });

  it('does not open a seal that was shortened, lengthened or changed in any bit', () => {
    fc.assert(
      fc.property(text, text, fc.nat(), fc.integer({ min: 0, max: 7 }), (key, value, at, bit) => {
        const sealed = seal.seal(key, value);
        expect(seal.open(key, sealed.subarray(0, at % sealed.length))).toBeUndefined();
        expect(seal.open(key, Buffer.concat([sealed, Buffer.of(0)]))).toBeUndefined();
        const index = at % sealed.length;
        sealed[index] = (sealed[index] ?? 0) ^ (1 << bit);
        expect(seal.open(key, sealed)).toBeUndefined();
      }),
    );
  });

  it('does not open a seal of another secret', () => {
    const other = createSeal(randomBytes(bytes));
    fc.assert(
      fc.property(text, text, (key, value) => {
        expect(seal.open(key, other.seal(key, value))).toBeUndefined();
      }),
    );
  });

  it('never writes the same bytes twice, nor anything readable', () => {
    const [one, two] = [seal.seal('key', 'readable-token'), seal.seal('key', 'readable-token')];
    expect(one.equals(two)).toBe(false);
    expect(one.toString('latin1')).not.toContain('readable');
  });
});

it('a secret of another length is rejected', () => {
  for (const bytes of [0, 1, 15, 17, 23, 25, 31, 33, 64])
    expect(() => createSeal(new Uint8Array(bytes))).toThrow('expected 16, 24 or 32 bytes');
});
