import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lifetimeSeconds, parseExpiresIn } from './lifetime.ts';

const nowMs = Date.UTC(2026, 0, 1);
const now = nowMs / 1000;

const sentAt = now;
const at = (serverDate?: number) => ({ sentAt, serverDate });

describe("a token's lifetime", () => {
  const year = 365 * 24 * 3600;
  it.each<[string, number | undefined, object | undefined, number | undefined, number | undefined]>([
    ['expires_in alone', 60, undefined, undefined, 60],
    ['the shorter: expires_in', 60, { exp: now + 3600, iat: now }, undefined, 60],
    ['the shorter: exp', 3600, { exp: now + 60, iat: now }, undefined, 60],
    ['what is left of a token issued earlier', 3600, { exp: now + 600, iat: now - 3000 }, undefined, 600],
    ['what is left without expires_in', undefined, { exp: now + 600, iat: now - 3000 }, undefined, 600],
    ['exp - iat within plausible skew', undefined, { exp: now + 3540, iat: now - 60 }, undefined, 3600],
    ['exp - iat with a skew the other way', undefined, { exp: now + 3660, iat: now + 60 }, undefined, 3600],
    ['exp - now just beyond plausible skew', undefined, { exp: now + 3539, iat: now - 61 }, undefined, 3539],
    ['never more than exp - iat', undefined, { exp: now + 7060, iat: now + 7000 }, undefined, 60],
    ['exp - Date: our clock is hours ahead', undefined, { exp: now - 7000, iat: now - 7060 }, now - 7060, 60],
    [
      'exp - Date: our clock is hours behind',
      undefined,
      { exp: now + 7060, iat: now + 7000 },
      now + 7000,
      60,
    ],
    ['exp - Date of a token issued 40 s ago', undefined, { exp: now + 20, iat: now - 40 }, now, 20],
    ['exp - Date, both clocks apart', 900, { exp: now - 3000, iat: now - 7200 }, now - 3600, 600],
    ['exp - iat when Date is a second later', undefined, { exp: now + 60, iat: now }, now + 1, 60],
    ['exp - Date when Date is two seconds later', undefined, { exp: now + 60, iat: now }, now + 2, 58],
    ['exp - iat when Date is decades off', undefined, { exp: now + 60, iat: now }, 0, 60],
    ['exp - now without iat', undefined, { exp: now + 60 }, undefined, 60],
    ['exp - Date without iat', undefined, { exp: now + 60 }, now + 10, 50],
    ['exp - now with an unreadable iat', undefined, { exp: now + 60, iat: 'now' }, undefined, 60],
    ['a fraction', 60.5, { exp: now + 3600.5 }, undefined, 60.5],
    ['unknown: neither', undefined, {}, undefined, undefined],
    ['unknown: opaque without expires_in', undefined, undefined, undefined, undefined],
    ['unknown: exp is not a number', undefined, { exp: String(now + 60) }, undefined, undefined],
    ['expires_in when exp is not a number', 60, { exp: null }, undefined, 60],
    ['over: past on our clock', 3600, { exp: now - 1 }, undefined, -1],
    ["over: past on the server's clock", 3600, { exp: now + 60, iat: now - 3600 }, now + 61, -1],
    ['over: exp before iat', 60, { exp: now - 1, iat: now }, undefined, -1],
    ['over: expires_in is zero', 0, undefined, undefined, 0],
    ['a year at most', 1e12, undefined, undefined, year],
  ])('is %s', (_, expiresIn, payload, serverDate, seconds) => {
    expect(lifetimeSeconds(expiresIn, payload && JSON.stringify(payload), at(serverDate))).toBe(seconds);
  });

  it('never exceeds any of its bounds, on either clock', () => {
    const number = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: undefined });
    fc.assert(
      fc.property(number, number, number, number, (expiresIn, exp, iat, serverDate) => {
        const seconds = lifetimeSeconds(expiresIn, JSON.stringify({ exp, iat }), at(serverDate));
        expect(seconds === undefined).toBe(expiresIn === undefined && exp === undefined);
        const bounds = [
          year,
          expiresIn ?? Infinity,
          exp === undefined || iat === undefined ? Infinity : exp - iat,
          exp === undefined || serverDate === undefined ? Infinity : exp - serverDate + 1,
        ];
        expect(seconds ?? -Infinity).toBeLessThanOrEqual(Math.min(...bounds));
      }),
    );
  });

  it.each([
    [60, 60],
    ['60', 60],
    [' 60 ', 60],
    ['60.5', 60.5],
    ['3599.5', 3599.5],
    ['-1', -1],
    ['0x10', undefined],
    ['', undefined],
    ['1e3', undefined],
    ['9'.repeat(400), undefined],
    [null, undefined],
    [[60], undefined],
    [true, undefined],
  ])('expires_in %j is %j', (value, seconds) => expect(parseExpiresIn(value)).toBe(seconds));
});
