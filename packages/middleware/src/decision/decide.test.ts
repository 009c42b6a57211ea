import { describe, expect, it } from 'vitest';
import { parseClientCredentials } from '../options/parse.ts';
import { createAccessToken } from '../token/access-token.ts';
import { unsignedJwt } from '../token/token-endpoint.testkit.ts';
import { createApplicationDecide, createGatewayDecide } from './decide.ts';
import type { Policy } from './policy.ts';
import { compilePolicy } from './policy.ts';
import type { DecisionTokenFailure, DecisionToken, DecisionTokenSource } from './token-source.ts';

const jwt = (payload: string): string => `e30.${Buffer.from(payload).toString('base64url')}.`;
const one = unsignedJwt({ grp: 'admin', sub: 'ada' });
const two = unsignedJwt({ grp: 'admin', sub: 'ada', jti: '2' });
const token = (value: string): DecisionToken => createAccessToken(value, 0, undefined);
const refused: DecisionTokenFailure = {
  kind: 'failure',
  reason: 'credentials_refused',
  detail: 'no',
  retryAfterSeconds: undefined,
};
const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` });

it('a refusal quotes the authorization server only in the reason for operators', async () => {
  const { options } = parseClientCredentials({ url: 'https://auth.example.com/token' });
  const reasonOf = async (response: DecisionTokenFailure['response']) => {
    const source: DecisionTokenSource = { get: () => ({ ...refused, response }) };
    const decide = createApplicationDecide(compilePolicy(options!), source);
    const decision = await decide(basic('a:b'));
    expect(JSON.stringify({ ...decision, reason: undefined })).not.toContain('locked');
    return decision.allowed ? undefined : decision.reason;
  };
  expect(await reasonOf({ errorDescription: 'the client is locked' })).toBe('the client is locked');
  expect(await reasonOf({ problem: 'token_type is "mac"', errorDescription: 'locked' })).toBe(
    'token_type is "mac": locked',
  );
  expect(await reasonOf({ errorDescription: undefined })).toBeUndefined();
  expect(await reasonOf(undefined)).toBeUndefined();
});

function setUp() {
  const { options } = parseClientCredentials({
    url: 'https://auth.example.com/token',
    claims: 'Equals(`grp`, `admin`)',
    forwardHeaders: { X_Group: 'grp', 'X-Missing': 'nope' },
    usernameClaim: 'sub',
  });
  const compiled = compilePolicy(options!);
  let judged = 0;
  const policy: Policy = {
    ...compiled,
    satisfies: (claims) => {
      judged += 1;
      return compiled.satisfies!(claims);
    },
  };
  const asked: object[] = [];
  let held: DecisionToken | DecisionTokenFailure = token(one);
  const source: DecisionTokenSource = {
    get: (credential) => {
      asked.push(credential);
      return held;
    },
  };
  return { policy, source, asked, judged: () => judged, hold: (next: typeof held) => (held = next) };
}

describe('a decision', () => {
  it('is made once per token, at both levels, and is the same object from then on', () => {
    const { policy, source, judged, hold } = setUp();
    for (const decide of [
      createApplicationDecide(policy, source),
      createGatewayDecide(policy, source, { clientId: 'own', clientSecret: source as never }),
    ]) {
      const before = judged();
      hold(token(one));
      const first = decide(basic('a:b'));
      for (let call = 0; call < 100; call += 1) expect(decide(basic('a:b'))).toBe(first);
      expect(judged()).toBe(before + 1);
      hold(token(two));
      expect(decide(basic('a:b'))).not.toBe(first);
      expect(judged()).toBe(before + 2);
    }
  });

  it('is separate for two policies that share a token, and made once for callers that waited together', async () => {
    const { policy, source, judged } = setUp();
    const late: DecisionTokenSource = { get: (credential) => Promise.resolve(source.get(credential)) };
    const lenient = createApplicationDecide(policy, late);
    const strict = createApplicationDecide({ ...policy, satisfies: () => false }, late);
    const before = judged();
    const all = await Promise.all(Array.from({ length: 50 }, async () => lenient(basic('a:b'))));
    expect(new Set(all).size).toBe(1);
    expect(all[0]).toMatchObject({ allowed: true });
    expect(await strict(basic('a:b'))).toMatchObject({ code: 'claims_not_satisfied' });
    expect(await lenient(basic('a:b'))).toBe(all[0]);
    expect(judged()).toBe(before + 1);
  });

  it('sets and removes headers by names without letter case and with - for _', () => {
    const { policy, source } = setUp();
    expect(createApplicationDecide(policy, source)(basic('a:b'))).toMatchObject({
      allowed: true,
      subject: { clientId: 'a', username: 'ada' },
      setHeaders: ['authorization', `Bearer ${one}`, 'X_Group', 'admin', 'X-Missing', ''],
      removeHeaders: new Set(['authorization', 'x-group', 'x-missing']),
    });
  });

  it('lets no caller pass without a token: a remembered caller is refused as soon as its token is gone', () => {
    const { policy, source, hold } = setUp();
    const decide = createApplicationDecide(policy, source);
    expect(decide(basic('a:b'))).toMatchObject({ allowed: true });
    hold(refused);
    expect(decide(basic('a:b'))).toMatchObject({ allowed: false, code: 'credentials_refused' });
  });

  it('remembers decoded credentials of accepted callers, and forgets them when they are refused', () => {
    const { policy, source, asked, hold } = setUp();
    const decide = createApplicationDecide(policy, source);
    void decide(basic('a:b'));
    void decide(basic('a:b'));
    expect(asked[1]).toBe(asked[0]);
    hold(refused);
    void decide(basic('a:b'));
    void decide(basic('a:b'));
    expect(asked[2]).toBe(asked[0]);
    expect(asked[3]).not.toBe(asked[0]);
  });

  it("ignores the caller's credentials at gateway level", () => {
    const { policy, source, asked } = setUp();
    const own = { clientId: 'own', clientSecret: source as never };
    const decide = createGatewayDecide(policy, source, own);
    for (const facts of [basic('a:b'), { authorization: undefined }, { authorization: 'x' }])
      expect(decide(facts)).toMatchObject({ allowed: true, subject: { clientId: 'own' } });
    expect(new Set(asked)).toEqual(new Set([own]));
  });

  it.each([
    [jwt('{"grp":"other"}'), 403, 'claims_not_satisfied'],
    ['opaque', 502, 'token_opaque'],
    [jwt('{"__proto__":{"grp":"admin"}}'), 403, 'claims_not_satisfied'],
    [jwt(`{"grp":"admin","deep":${'['.repeat(300)}${']'.repeat(300)}}`), 502, 'token_opaque'],
  ])('refuses %s with %s', (value, status, code) => {
    const { policy, source, hold } = setUp();
    hold(token(value));
    expect(createApplicationDecide(policy, source)(basic('a:b'))).toMatchObject({ status, code });
  });
});
