import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CredentialRequest } from './credential-reading.ts';
import {
  createCredentialSource,
  type CredentialSourceOptions,
  maxCredentialLength,
} from './credential-source.ts';

const nowhere: CredentialSourceOptions = {
  header: undefined,
  schemes: [],
  query: undefined,
  cookie: undefined,
  syntax: 'b64token',
  noun: 'token',
};
const bearer = createCredentialSource({ ...nowhere, header: 'Authorization', schemes: ['Bearer'] });
const everywhere = createCredentialSource({
  ...nowhere,
  header: 'Authorization',
  schemes: ['Bearer'],
  query: 'access_token',
  cookie: 'sid',
});

function request(
  parts: { authorization?: string | undefined; target?: string; headers?: Record<string, string> } = {},
): CredentialRequest {
  const { authorization, target = '/', headers = {} } = parts;
  return {
    authorization,
    target,
    header: (name) => (name === 'authorization' ? authorization : headers[name]),
  };
}

describe('a bearer token in Authorization', () => {
  it.each([
    ['Bearer abc', 'abc'],
    ['bearer abc', 'abc'],
    ['BEARER   abc', 'abc'],
    ['Bearer a.b-c_d~e+f/g==', 'a.b-c_d~e+f/g=='],
    [`Bearer ${'a'.repeat(maxCredentialLength)}`, 'a'.repeat(maxCredentialLength)],
  ])('is read from %j', (authorization, value) => {
    expect(bearer.read(request({ authorization }))).toEqual({
      kind: 'found',
      value,
      place: 'header',
      scheme: 'Bearer',
    });
  });

  it.each([undefined, '', 'Basic abc', 'Bearerabc', 'DPoP abc', 'abc', ' Bearer abc'])(
    'is absent from %j',
    (authorization) => {
      expect(bearer.read(request({ authorization }))).toEqual({
        kind: 'absent',
        detail: 'Send the token in the header Authorization with scheme Bearer.',
      });
    },
  );

  it.each([
    ['Bearer', 'is empty'],
    ['Bearer ', 'is empty'],
    ['Bearer a b', 'characters'],
    ['Bearer abc ', 'characters'],
    ['Bearer\tabc', undefined],
    ['Bearer a, Bearer b', 'characters'],
    ['Bearer a,b', 'characters'],
    ['Bearer a=b', 'characters'],
    ['Bearer =', 'characters'],
    ['Bearer "abc"', 'characters'],
    ['Bearer \u00e9', 'characters'],
    [`Bearer ${'a'.repeat(maxCredentialLength + 1)}`, 'longer than 16384'],
  ])('is malformed in %j', (authorization, why) => {
    const reading = bearer.read(request({ authorization }));
    expect(reading.kind).toBe(why === undefined ? 'absent' : 'malformed');
    expect(reading).toMatchObject({ detail: expect.stringContaining(why ?? 'Send') as string });
  });

  it('is read as from any other header, and never shown when it is malformed', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6, unit: 'grapheme-ascii' }), (text) => {
        const reading = bearer.read(request({ authorization: `Bearer ${text}` }));
        const isToken = /^ *[A-Za-z0-9\-._~+/]+=*$/.test(text);
        expect(reading.kind).toBe(isToken ? 'found' : 'malformed');
        const detail = reading.kind === 'found' ? '' : reading.detail;
        expect(text.trim().length > 5 && detail.includes(text)).toBe(false);
      }),
    );
  });
});

describe('a credential in another place', () => {
  it.each([
    ['/a?access_token=abc', 'abc'],
    ['/a?x=1&access_token=abc&y=2', 'abc'],
    ['/a?x=1;access_token=abc', 'abc'],
    ['/a?%61ccess_token=a%62c', 'abc'],
  ])('is read from the query of %s', (target, value) => {
    expect(everywhere.read(request({ target }))).toMatchObject({ kind: 'found', value, place: 'query' });
  });

  it.each([
    ['/a?access_token=a&access_token=b', 'more than one'],
    ['/a?access_token=a;access_token=b', 'more than one'],
    ['/a?access_token=', 'is empty'],
    ['/a?access_token', 'is empty'],
    ['/a?access_token=%zz', 'malformed encoding'],
    ['/a?access_token=a+b', 'characters'],
    ['/a?access_token=a%00', 'characters'],
  ])('is malformed in %s', (target, why) => {
    expect(everywhere.read(request({ target }))).toEqual({
      kind: 'malformed',
      detail: expect.stringContaining(why) as string,
    });
  });

  it('is malformed beside another one in the header (RFC 6750 section 3.1)', () => {
    const both = request({ authorization: 'Bearer a', target: '/?access_token=a' });
    expect(everywhere.read(both)).toMatchObject({ kind: 'malformed' });
  });

  it('is read from the query when the header has another scheme, and from the cookie as a last resort', () => {
    const cookie = { cookie: 'a=1; sid="abc"; b=2' };
    const basic = { authorization: 'Basic x', headers: cookie };
    expect(everywhere.read(request({ ...basic, target: '/?access_token=q' }))).toMatchObject({ value: 'q' });
    expect(everywhere.read(request(basic))).toMatchObject({ value: 'abc', place: 'cookie' });
    expect(everywhere.read(request({ ...basic, authorization: 'Bearer h' }))).toMatchObject({ value: 'h' });
  });

  it('is malformed in two cookies of the same name', () => {
    const headers = { cookie: 'sid=a; sid=b' };
    expect(everywhere.read(request({ headers }))).toMatchObject({ kind: 'malformed' });
  });

  it('is the whole value of a header without a scheme', () => {
    const source = createCredentialSource({
      ...nowhere,
      header: 'X-API-Key',
      syntax: 'visible',
      noun: 'API key',
    });
    expect(source.read(request({ headers: { 'x-api-key': 'a|b!' } }))).toMatchObject({ value: 'a|b!' });
    expect(source.read(request({ headers: { 'x-api-key': 'a, b' } }))).toMatchObject({ kind: 'malformed' });
    expect(source.read(request())).toEqual({
      kind: 'absent',
      detail: 'Send the API key in the header X-API-Key.',
    });
    expect(source.removeHeaders).toEqual(new Set(['x-api-key']));
  });

  it('lists every possible place', () => {
    expect(everywhere.read(request())).toMatchObject({
      detail:
        'Send the token in the header Authorization with scheme Bearer, or the query parameter access_token, or the cookie sid.',
    });
  });
});

describe('the request that a server gets', () => {
  it.each([
    ['/a?access_token=t', '/a'],
    ['/a?access_token=t&b=1', '/a?b=1'],
    ['/a?b=1&access_token=t', '/a?b=1'],
    ['/a?b=1&access_token=t;c=%20+&&d', '/a?b=1;c=%20+&&d'],
    ['/a?%61ccess%5Ftoken=t&b=?', '/a?b=?'],
    ['/a?access_token=t&access_token=u', '/a'],
    ['/a?access_token', '/a'],
  ])('is %s without its token: %s', (target, expected) => {
    expect(everywhere.strip(request({ target })).target).toBe(expected);
  });

  it.each(['/a', '/a?', '/a?b=access_token', '/a?Access_Token=1', '/a?b=%zz&c'])(
    'is %s unchanged',
    (target) => {
      expect(everywhere.strip(request({ target })).target).toBeUndefined();
    },
  );

  it('never contains the token, and keeps every other parameter in its order', () => {
    const pair = fc.stringMatching(/^[a-z]{1,3}(=[a-z0-9%+]{0,3})?$/);
    fc.assert(
      fc.property(fc.array(pair), fc.nat(9), (pairs, at) => {
        const others = pairs.join('&');
        const target = `/p?${[...pairs.slice(0, at), 'access_token=s3cr3t', ...pairs.slice(at)].join('&')}`;
        expect(everywhere.strip(request({ target })).target).toBe(others === '' ? '/p' : `/p?${others}`);
      }),
    );
  });

  it('keeps the other cookies', () => {
    const strip = (cookie: string) => everywhere.strip(request({ headers: { cookie } })).cookie;
    expect(strip('a=1; sid=t; b=2')).toBe('a=1; b=2');
    expect(strip('sid=t')).toBe('');
    expect(strip('a=1; SID=t')).toBeUndefined();
  });

  it('has the token in the header that callers use, or Authorization', () => {
    const found = { kind: 'found', value: 't', place: 'query', scheme: undefined } as const;
    expect(everywhere.forward(found)).toEqual(['authorization', 'Bearer t']);
    expect(createCredentialSource({ ...nowhere, query: 'k' }).forward(found)).toEqual([
      'authorization',
      'Bearer t',
    ]);
    expect(createCredentialSource({ ...nowhere, header: 'X-Key' }).forward(found)).toEqual(['x-key', 't']);
    expect(everywhere.forward({ ...found, scheme: 'DPoP' })).toEqual(['authorization', 'DPoP t']);
  });
});
