import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDecimal } from './decimal.ts';

const largest = BigInt(Number.MAX_SAFE_INTEGER);

describe('digits', () => {
  it('are exactly the number that they spell, or no number', () => {
    const around = fc.bigInt({ min: largest - 1000n, max: largest + 1000n });
    fc.assert(
      fc.property(fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 80n }), around), fc.nat(4000), (value, zeros) => {
        const read = readDecimal('0'.repeat(zeros) + value.toString());
        expect(read === undefined ? undefined : BigInt(read)).toBe(value > largest ? undefined : value);
      }),
    );
  });

  it('are read in a time proportional to their number', () => {
    expect(readDecimal('0'.repeat(1_000_000))).toBe(0);
    expect(readDecimal(`${'0'.repeat(1_000_000)}x`)).toBeUndefined();
  });

  it.each(['', ' 1', '1 ', '+1', '-1', '1.0', '1e3', '0x10', '1_0', '1,1', '١', '1\n', 'Infinity', 'NaN'])(
    'do not include %j',
    (text) => {
      expect(readDecimal(text)).toBeUndefined();
    },
  );
});
