import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTokenBucket, takeToken } from './token-bucket.ts';

describe('a token bucket', () => {
  it('reserves spare tokens while it is at least half full', () => {
    const limits = { perMs: 1e-9, size: 100, maxWaitMs: 0 };
    const bucket = createTokenBucket(limits, 0);
    const grants = Array.from({ length: 60 }, () => takeToken(bucket, limits, 0, true).granted);
    expect(grants.slice(0, 9)).toEqual([7, 7, 7, 7, 7, 7, 7, 7, 1]);
    expect(grants.slice(8, 50).every((granted) => granted === 1)).toBe(true);
    expect(grants.slice(8).reduce((sum, granted) => sum + granted)).toBe(44);
  });

  it('never grants more than its content and its refills', () => {
    const request = fc.record({ afterMs: fc.nat(500), isShared: fc.boolean() });
    const limits = fc.record({
      perMs: fc.double({ min: 0.001, max: 1, noNaN: true }),
      size: fc.integer({ min: 1, max: 200 }),
      maxWaitMs: fc.nat(500),
    });
    fc.assert(
      fc.property(limits, fc.array(request, { maxLength: 200 }), (given, requests) => {
        const bucket = createTokenBucket(given, 0);
        let now = 0;
        let granted = 0;
        for (const { afterMs, isShared } of requests) {
          now += afterMs;
          const grant = takeToken(bucket, given, now, isShared);
          granted += grant.granted;
          expect(grant.granted === 0).toBe(grant.waitMs > given.maxWaitMs);
        }
        expect(granted).toBeLessThanOrEqual(given.size + (now + given.maxWaitMs) * given.perMs + 1e-6);
      }),
    );
  });
});
