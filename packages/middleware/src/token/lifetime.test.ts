import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lifetimeSeconds, parseExpiresIn } from './lifetime.ts';

const nowMs = Date.UTC(2026, 0, 1);
const now = nowMs / 1000;

describe("a token's lifetime", () => {
  it.each([
    ['expires_in alone', 60, undefined, 60],
    ['the shorter: expires_in', 60, { exp: now + 3600, iat: now }, 60],
    ['the shorter: exp - iat', 3600, { exp: now + 60, iat: now }, 60],
    ['exp - iat although our clock is hours ahead', undefined, { exp: now - 7000, iat: now - 7060 }, 60],
    ['exp - iat although our clock is hours behind', undefined, { exp: now + 7060, iat: now + 7000 }, 60],
    ['exp against our clock without iat', undefined, { exp: now + 60 }, 60],
    ['exp against our clock with an unreadable iat', undefined, { exp: now + 60, iat: 'now' }, 60],
    ['unknown: neither', undefined, {}, undefined],
    ['unknown: opaque without expires_in', undefined, undefined, undefined],
    ['unknown: exp is not a number', undefined, { exp: String(now + 60) }, undefined],
    ['expires_in when exp is not a number', 60, { exp: null }, 60],
    ['none: already past', undefined, { exp: now - 1 }, undefined],
    ['none: exp before iat', 60, { exp: now - 1, iat: now }, undefined],
    ['none: zero', 0, undefined, undefined],
    ['a year at most', 1e12, undefined, 365 * 24 * 3600],
    ['unknown: infinite', Infinity, undefined, undefined],
  ])('is %s', (_, expiresIn, payload, seconds) => {
    expect(lifetimeSeconds(expiresIn, payload && JSON.stringify(payload), nowMs)).toBe(seconds);
  });

  it('is positive, and no longer than anything that bounds it', () => {
    const number = fc.option(fc.double({ noNaN: true }), { nil: undefined });
    fc.assert(
      fc.property(number, number, number, (expiresIn, exp, iat) => {
        const seconds = lifetimeSeconds(expiresIn, JSON.stringify({ exp, iat }), nowMs);
        if (seconds === undefined) return;
        expect(seconds).toBeGreaterThan(0);
        expect(seconds).toBeLessThanOrEqual(Math.min(expiresIn ?? Infinity, 365 * 24 * 3600));
      }),
    );
  });

  it.each([
    [60, 60],
    ['60', 60],
    [' 60 ', 60],
    ['60.5', 60.5],
    ['-1', -1],
    ['0x10', undefined],
    ['', undefined],
    ['1e3', undefined],
    [null, undefined],
    [[60], undefined],
    [true, undefined],
  ])('expires_in %j is %j', (value, seconds) => expect(parseExpiresIn(value)).toBe(seconds));
});
