import { describe, expect, it } from 'vitest';
import { parseClientCredentials } from '../options/parse.ts';
import { createApplicationDecide, createGatewayDecide } from './decide.ts';
import { compilePolicy } from './policy.ts';
import type { RefusalCode } from './refusal-code.ts';
import { createDeny, refusals } from './refusals.ts';
import { Secret } from '../base/secret.ts';
import type { DecisionTokenFailure } from './token-source.ts';

const challenge = 'Basic realm="grantgate", charset="UTF-8"';
// The specified table: status, challenge, seconds of Retry-After when the server names none.
const table: Record<RefusalCode, [number, string | undefined, number | undefined]> = {
  credentials_missing: [401, challenge, undefined],
  credentials_malformed: [401, challenge, undefined],
  credentials_refused: [401, challenge, undefined],
  credentials_busy: [503, undefined, 1],
  claims_not_satisfied: [403, undefined, undefined],
  token_missing: [401, 'Bearer realm="grantgate"', undefined],
  token_malformed: [400, 'Bearer realm="grantgate"', undefined],
  token_invalid: [401, 'Bearer realm="grantgate"', undefined],
  insufficient_scope: [403, 'Bearer realm="grantgate"', undefined],
  gateway_credentials_refused: [502, undefined, undefined],
  token_request_rejected: [502, undefined, undefined],
  token_response_invalid: [502, undefined, undefined],
  token_opaque: [502, undefined, undefined],
  authorization_server_unavailable: [503, undefined, 5],
  authorization_server_timeout: [504, undefined, undefined],
  middleware_unavailable: [503, undefined, 5],
};
const codes = Object.entries(table) as [RefusalCode, (typeof table)[RefusalCode]][];

describe('a refusal', () => {
  it('has exactly one row per code', () => {
    expect(Object.keys(refusals).sort()).toEqual(Object.keys(table).sort());
    const titles = Object.values(refusals).map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it.each(codes)('%s is sent as %j', (code, [status, expected, retryAfterSeconds]) => {
    const deny = createDeny(code, 'because');
    expect(deny).toEqual({
      allowed: false,
      code,
      status,
      title: refusals[code].title,
      detail: 'because',
      challenge: expected,
      retryAfterSeconds,
    });
    expect(Object.isFrozen(deny)).toBe(true);
  });

  it.each(codes)('%s sends the seconds that the server named, if it has Retry-After', (code, [, , usual]) => {
    expect(createDeny(code, '', 77).retryAfterSeconds).toBe(usual === undefined ? undefined : 77);
    expect(createDeny(code, '', 0).retryAfterSeconds).toBe(usual === undefined ? undefined : 0);
  });
});

describe('a failure to get a token', () => {
  const policy = compilePolicy(parseClientCredentials({ url: 'https://as.example/token' }).options!);
  const authorization = `Basic ${Buffer.from('app:tell-tale').toString('base64')}`;

  // The failure; the code at application level; and at gateway level.
  it.each<[DecisionTokenFailure['reason'], RefusalCode, RefusalCode]>([
    ['credentials_refused', 'credentials_refused', 'gateway_credentials_refused'],
    ['request_rejected', 'token_request_rejected', 'token_request_rejected'],
    ['response_invalid', 'token_response_invalid', 'token_response_invalid'],
    ['unavailable', 'authorization_server_unavailable', 'authorization_server_unavailable'],
    ['timeout', 'authorization_server_timeout', 'authorization_server_timeout'],
  ])('of the kind %s is %s, and %s at gateway level', async (reason, application, gateway) => {
    const failure: DecisionTokenFailure = { kind: 'failure', reason, detail: 'why', retryAfterSeconds: 9 };
    for (const outcome of [failure, Promise.resolve(failure)]) {
      const tokens = { get: () => outcome };
      const own = { clientId: 'own', clientSecret: new Secret('own') };
      for (const [decide, code, presented] of [
        [createApplicationDecide(policy, tokens), application, { clientId: 'app' }],
        [createGatewayDecide(policy, tokens, own), gateway, {}],
      ] as const) {
        const decision = await decide({ authorization });
        expect(decision).toEqual(createDeny(code, 'why', 9, presented));
        expect(decision).toMatchObject({ status: table[code][0], challenge: table[code][1] });
        expect(JSON.stringify(decision)).not.toContain('tell-tale');
      }
    }
  });

  it.each([
    [undefined, 'credentials_missing'],
    ['', 'credentials_missing'],
    ['Bearer x', 'credentials_missing'],
    ['Basic !', 'credentials_malformed'],
    ['Basic dGVsbC10YWxl', 'credentials_malformed'],
  ] as [string | undefined, RefusalCode][])('is not awaited with %j: %s', (header, code) => {
    const decide = createApplicationDecide(policy, {
      get: () => {
        throw new Error('asked for a token');
      },
    });
    const decision = decide({ authorization: header });
    expect(decision).toMatchObject({ allowed: false, code, status: 401, challenge });
    expect(JSON.stringify(decision)).not.toContain('tell-tale');
  });
});
