import { describe, expect, it } from 'vitest';
import { parseClaims } from '../claims/parse.ts';
import { parseClientCredentials } from '../options/parse.ts';
import { compilePolicy } from './policy.ts';

const compile = (more: object) =>
  compilePolicy(parseClientCredentials({ url: 'https://as.example/token', ...more }).options!);

describe('the user name', () => {
  it.each([
    ['sub', '{"sub":"ada"}', 'ada'],
    ['sub', '{"sub":""}', ''],
    ['sub', '{"sub":12345678901234567890}', '12345678901234567890'],
    ['sub', '{"sub":1.50e3}', '1.50e3'],
    ['sub', '{"sub":false}', 'false'],
    ['sub', '{"sub":null}', undefined],
    ['sub', '{"sub":["ada"]}', undefined],
    ['sub', '{"sub":{"name":"ada"}}', undefined],
    ['sub', '{}', undefined],
    ['SUB', '{"sub":"ada"}', undefined],
    ['user.name', '{"user":{"name":"ada"},"user.name":"no"}', 'ada'],
    ['user\\.name', '{"user":{"name":"no"},"user.name":"ada"}', 'ada'],
    ['https://example\\.com/name', '{"https://example.com/name":"ada"}', 'ada'],
    ['constructor.name', '{}', undefined],
    ['sub.length', '{"sub":"ada"}', undefined],
  ])('that usernameClaim %j finds in %s is %j', (usernameClaim, json, name) => {
    expect(compile({ usernameClaim }).usernameFrom(parseClaims(json)!)).toBe(name);
  });

  it('is unknown without the option', () => {
    expect(compile({}).usernameFrom(parseClaims('{"sub":"ada"}')!)).toBeUndefined();
  });
});

describe('a policy', () => {
  it('needs claims only for its predicate; headers are empty and the name unknown without them', () => {
    expect(compile({ claims: 'Equals(`a`, `b`)' }).needsClaims).toBe(true);
    const lax = compile({ forwardHeaders: { A: 'a' }, usernameClaim: 'sub' });
    expect(lax.needsClaims).toBe(false);
    expect(lax.headersFrom({})).toEqual({ ok: true, headers: ['A', ''] });
  });

  it('drops the caller’s Authorization and every forwarded name, in the form used for comparison', () => {
    expect(compile({ forwardHeaders: { 'X-Group': 'g', ROLE_name: 'r' } }).removeHeaders).toEqual(
      new Set(['authorization', 'x-group', 'role-name']),
    );
  });
});
