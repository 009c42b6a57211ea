import { describe, expect, it } from 'vitest';
import { explainClaims } from './explain.ts';
import { parseClaims } from './parse.ts';

const claims = parseClaims(
  `{"grp":"admin","exp":1516239022,"big":9007199254740993,"active":true,"none":null,"areas":["office","home"],
  "user":{"name":"Ada","my.client":{"a.b":{"c":1}}},"resource_access":{"my.client":{"roles":["r"]}},"https://example.com/role":"ops","long":"${'\u{1F600}'.repeat(100)}"}`,
)!;

describe('an explained claims expression', () => {
  it('lists each call in source order with its result and its claim', () => {
    const source = '!Equals(`grp`, `x`) &&\n (contains("areas", "lab") || Prefix(`missing`, ``))';
    expect(explainClaims(source, claims)).toEqual({
      ok: true,
      result: false,
      calls: [
        {
          text: 'Equals(`grp`, `x`)',
          offset: 1,
          length: 18,
          result: false,
          why: 'the claim grp is "admin"',
        },
        {
          text: 'contains("areas", "lab")',
          offset: 25,
          length: 24,
          result: false,
          why: 'the claim areas is an array of 2: ["office","home"]',
        },
        {
          text: 'Prefix(`missing`, ``)',
          offset: 53,
          length: 21,
          result: false,
          why: 'the claim missing is missing',
        },
      ],
    });
  });

  it('includes calls that do not affect the result', () => {
    const explained = explainClaims('Equals(`grp`, `admin`) || Equals(`active`, `true`)', claims);
    expect(explained).toMatchObject({ ok: true, result: true, calls: [{ result: true }, { result: true }] });
  });

  it.each([
    ['exp', 'the claim exp is 1516239022'],
    ['big', 'the claim big is 9007199254740993'],
    ['active', 'the claim active is true'],
    ['none', 'the claim none is null'],
    ['resource_access', 'the claim resource_access is an object: {"my.client":{"roles":["r"]}}'],
    [
      'resource_access.my.client.roles',
      'the claim resource_access.my.client.roles is missing: one has a dot in its name, write it as resource_access.my\\.client.roles',
    ],
    [
      'resource_access.my\\.client.roles',
      'the claim resource_access.my\\.client.roles is an array of 1: ["r"]',
    ],
    [
      'user.my.client.a.b.c',
      'the claim user.my.client.a.b.c is missing: one has a dot in its name, write it as user.my\\.client.a\\.b.c',
    ],
    ['user.my.client.other', 'the claim user.my.client.other is missing: there is no user.my'],
    ['user.name', 'the claim user.name is "Ada"'],
    ['user.mail', 'the claim user.mail is missing'],
    ['team.name', 'the claim team.name is missing: there is no team'],
    ['grp.name.x', 'the claim grp.name.x is missing: grp is "admin"'],
    ['toString', 'the claim toString is missing'],
    [
      'https://example.com/role',
      'the claim https://example.com/role is missing: one has a dot in its name, write it as https://example\\.com/role',
    ],
    ['https://example\\.com/role', 'the claim https://example\\.com/role is "ops"'],
    ['long', `the claim long is "${'\u{1F600}'.repeat(79)}...`],
  ])('explains %s: %s', (key, why) => {
    const explained = explainClaims(`Equals(\`${key}\`, \`v\`)`, claims);
    expect(explained.ok && explained.calls[0]?.why).toBe(why);
  });

  it('reports a malformed expression like the compiler does', () => {
    expect(explainClaims('Equals(`a`, b)', claims)).toMatchObject({
      ok: false,
      diagnostics: [{ line: 1, column: 13 }],
    });
    expect(explainClaims('Nope(`a`) && Equals(`a`)', claims)).toMatchObject({
      ok: false,
      diagnostics: [{ column: 1 }, { column: 14 }],
    });
  });
});
