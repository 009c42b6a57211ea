import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createAuth, toExchangedParts } from './auth.ts';

const jwt = (claims: string): string => `e30.${Buffer.from(claims).toString('base64url')}.`;
const create = (claims: string | undefined) =>
  createAuth(
    toExchangedParts({
      allowed: true,
      subject: { clientId: 'orders', username: 'Ann', expiresAt: 1_800_000_000_000 },
      setHeaders: [
        'authorization',
        `Bearer ${claims === undefined ? 'the-token' : jwt(claims)}`,
        'Group',
        'admin',
      ],
      removeHeaders: new Set(['authorization']),
    }),
  );

describe('the caller', () => {
  it('has claims in the types of JSON, deeply frozen', () => {
    const auth = create('{"sub":"s","exp":1800000000,"user":{"tags":["a",1]},"__proto__":{"admin":true}}');
    expect(auth).toMatchObject({
      clientId: 'orders',
      subject: 's',
      username: 'Ann',
      expiresAt: 1_800_000_000_000,
    });
    expect(auth.claims).toMatchObject({ exp: 1_800_000_000, user: { tags: ['a', 1] } });
    expect(Object.hasOwn(auth.claims!, '__proto__')).toBe(true);
    expect(auth.claims!['admin']).toBeUndefined();
    const user = auth.claims!['user'] as { tags: unknown[] };
    for (const part of [auth, auth.claims, user, user.tags, auth.scopes])
      expect(Object.isFrozen(part)).toBe(true);
  });

  it.each([
    ['{"scope":"a  b"}', ['a', 'b']],
    ['{"scope":["a","b",1]}', ['a', 'b']],
    ['{"scp":"a"}', ['a']],
    ['{"scp":["a b"]}', ['a b']],
    ['{"scope":7}', []],
    ['{}', []],
    [undefined, []],
  ])('has the scopes of %s', (claims, scopes) => {
    expect(create(claims).scopes).toEqual(scopes);
  });

  it('has no claims that are nested too deeply', () => {
    const nested = (levels: number): string => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(create(nested(255)).claims).toBeDefined();
    expect(create(nested(256)).claims).toBeUndefined();
  });

  it('has no subject and no claims with an opaque token', () => {
    expect(create(undefined)).toMatchObject({ clientId: 'orders', subject: undefined, claims: undefined });
  });

  it('reveals the access token on request, but to no log', () => {
    const auth = create('{"sub":"s"}');
    expect(auth.accessToken()).toBe(jwt('{"sub":"s"}'));
    const shown = [
      JSON.stringify(auth),
      inspect(auth, { showHidden: true, depth: 9 }),
      JSON.stringify({ ...auth }),
      String(Object.entries(auth)),
    ];
    for (const text of shown) expect(text).not.toContain(auth.accessToken());
  });
});
