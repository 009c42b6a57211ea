import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeJwtPayload } from './jwt.ts';

const encode = (text: string | Uint8Array): string => Buffer.from(text).toString('base64url');
const header = encode('{"alg":"RS256"}');

describe('the payload of a JWT', () => {
  test('is the text as the issuer wrote it, with digits and spaces unchanged', () => {
    const text = '{ "exp": 1516239022, "big": 9007199254740993, "rate": 1.50 }';
    expect(decodeJwtPayload(`${header}.${encode(text)}.c2ln`)).toBe(text);
  });

  test('may contain any Unicode', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })),
        (claims) => {
          const text = JSON.stringify(claims);
          expect(decodeJwtPayload(`${header}.${encode(text)}.c2ln`)).toBe(text);
        },
      ),
    );
  });

  test('is read from an unsecured JWT too', () => {
    expect(decodeJwtPayload(`${header}.${encode('{}')}.`)).toBe('{}');
  });

  test.each([
    ['a random string', 'bXktb3BhcXVlLXRva2Vu'],
    ['nothing', ''],
    ['two parts', `${header}.${encode('{}')}`],
    ['four parts', `${header}.${encode('{}')}.c2ln.c2ln`],
    ['five parts, which is an encrypted token', `${header}.a2V5.aXY.${encode('{}')}.dGFn`],
    ['three parts that are not JSON', 'YWJj.YWJj.YWJj'],
    ['a header that is not JSON', `YWJj.${encode('{}')}.c2ln`],
    ['an array', `${header}.${encode('[1]')}.c2ln`],
    ['null', `${header}.${encode('null')}.c2ln`],
    ['standard Base64 characters', `${header}.e+9/.c2ln`],
    ['padding', `${header}.${Buffer.from('{"a":1}').toString('base64')}.c2ln`],
    ['an impossible length', `${header}.${encode('{}')}AA.c2ln`],
    [
      'bytes that are not UTF-8',
      `${header}.${encode(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d))}.c2ln`,
    ],
    ['characters outside base64url in the signature', `${header}.${encode('{}')}.c2 n`],
    ['a byte order mark', `${header}.${encode('\ufeff{}')}.c2ln`],
  ])('is not found in %s', (_, token) => {
    expect(decodeJwtPayload(token)).toBeUndefined();
  });

  test('is undefined or an object for any text', () => {
    fc.assert(
      fc.property(fc.string(), (token) => {
        expect(decodeJwtPayload(token)).toBeUndefined();
      }),
    );
  });
});
