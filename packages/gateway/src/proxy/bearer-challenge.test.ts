import { describe, expect, it } from 'vitest';
import type { ResponseHead } from '../http1/client/response-head.ts';
import { refusesToken } from './bearer-challenge.ts';

const head = (status: number, ...challenges: readonly string[]): ResponseHead => ({
  status,
  reason: '',
  headers: challenges.flatMap((challenge) => ['www-authenticate', challenge]),
  framing: 'none',
  length: 0,
  keepAlive: true,
  connection: undefined,
  idleSeconds: undefined,
});

describe('a 401 of a resource', () => {
  it.each([
    ['Bearer'],
    ['bearer realm="api"'],
    ['BEARER error="invalid_token", error_description="expired"'],
    ['Bearer realm="a", error=invalid_token'],
    ['Bearer realm="quoted \\" error=\\"insufficient_scope", error="invalid_token"'],
    ['Basic realm="Bearer, error", Bearer error="invalid_token"'],
    ['Bearer error="invalid_token", Basic realm="x"'],
    ['Negotiate, Bearer'],
    ['Bearer error = "invalid_token"'],
    ['Basic realm="x"', 'Bearer realm="y"'],
    ['DPoP algs="ES256", error="use_dpop_nonce"', 'Bearer'],
  ])('refuses the token with %s', (...challenges) => {
    expect(refusesToken(head(401, ...challenges))).toBe(true);
  });

  it.each([
    [],
    ['Basic realm="Bearer"'],
    ['Basic realm="x, Bearer error=\\"invalid_token\\""'],
    ['Bearer error="insufficient_scope"'],
    ['Bearer realm="x", error="invalid_request"'],
    ['Bearer error="insufficient_scope", Basic realm="invalid_token"'],
    ['DPoP error="invalid_token"'],
    ['BearerToken'],
    [''],
    ['"'],
    [', ,'],
  ])('does not refuse the token with %s', (...challenges) => {
    expect(refusesToken(head(401, ...challenges))).toBe(false);
  });

  it('is the only status that does', () => {
    for (const status of [200, 400, 403, 407, 500])
      expect(refusesToken(head(status, 'Bearer error="invalid_token"'))).toBe(false);
  });

  it('is read in linear time', () => {
    const long = `Bearer ${'a="\\"'.repeat(4000)}`;
    expect(refusesToken(head(401, long, `${'a'.repeat(60_000)}=`))).toBe(true);
  });
});
