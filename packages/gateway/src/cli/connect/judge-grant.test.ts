import { describe, expect, it } from 'vitest';
import { unsignedJwt } from '../../../../middleware/src/token/token-endpoint.testkit.ts';
import { judgeGrant } from './judge-grant.ts';

const asked = { scopes: [] as string[], audience: undefined as string | undefined, resource: [] as string[] };
const judge = (options: Partial<typeof asked>, claims: object | undefined, body: object = {}) => {
  const outcome = judgeGrant(
    { ...asked, ...options },
    { value: claims === undefined ? 'opaque' : unsignedJwt({ ...claims }) },
    { ...body },
  );
  return outcome && `${outcome.fault?.severity} ${outcome.fault?.code}: ${outcome.detail}`;
};

describe('a token that is granted', () => {
  it.each<[string, Partial<typeof asked>, object | undefined, object]>([
    ['nothing was asked for', {}, { aud: 'account', scope: 'profile' }, {}],
    ['the response grants more', { scopes: ['a'] }, {}, { scope: 'b a' }],
    ['nothing says which scopes', { scopes: ['a'] }, undefined, {}],
    ['the token has the scopes in scp', { scopes: ['a', 'b'] }, { scp: ['b', 'a'] }, {}],
    ['the response is right though the token says nothing', { scopes: ['a'] }, { scope: '' }, { scope: 'a' }],
    ['Entra ID grants the default', { scopes: ['api://x/.default'] }, { scp: 'x' }, {}],
    ['aud has it among others', { audience: 'x', resource: ['urn:y'] }, { aud: ['urn:y', 'z', 'x'] }, {}],
    ['the token is opaque', { audience: 'x' }, undefined, {}],
    ['the token has no aud', { audience: 'x' }, {}, {}],
  ])('is accepted when %s', (_case, options, claims, body) => {
    expect(judge(options, claims, body)).toBeUndefined();
  });

  it.each<[Partial<typeof asked>, object | undefined, object, string]>([
    [
      { scopes: ['a', 'b', 'c'] },
      undefined,
      { scope: 'b' },
      'warning scope_not_granted: grants a token without the scope a c; granted: b',
    ],
    [
      { scopes: ['a'] },
      { scope: '' },
      {},
      'warning scope_not_granted: grants a token without the scope a; granted: none',
    ],
    [
      { audience: 'x' },
      { aud: 'account' },
      {},
      'warning audience_not_granted: grants a token for another audience than x; its aud: account; some servers ignore',
    ],
    [{ resource: ['urn:x', 'urn:y'] }, { aud: ['urn:y'] }, {}, 'than urn:x; its aud: urn:y;'],
    [{ audience: 'x y' }, { aud: ['x', 'y'] }, {}, 'than x y; its aud: x y;'],
    [{ audience: 'x' }, { aud: 'a\u0007\n'.repeat(500) }, {}, 'than x; its aud: a a'],
  ])('is a warning when it was issued for something else: %j, %j, %j', (options, claims, body, expected) => {
    expect(judge(options, claims, body)).toContain(expected);
  });
});
