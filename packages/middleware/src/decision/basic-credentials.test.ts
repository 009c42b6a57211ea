import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxAuthorizationLength, readBasicCredentials } from './basic-credentials.ts';

const encode = (text: string | Uint8Array) => Buffer.from(text).toString('base64');
const printable = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .filter((text) => Array.from(text).every((char) => char >= ' ' && char !== '\u007f'));

describe('Basic credentials', () => {
  it('are read raw, split at the first colon, in any letter case and with any padding', () => {
    fc.assert(
      fc.property(
        printable,
        printable,
        fc.constantFrom('Basic', 'basic', 'BASIC'),
        fc.boolean(),
        (id, secret, scheme, padded) => {
          fc.pre(id !== '' && !id.includes(':'));
          const text = encode(`${id}:${secret}`);
          const read = readBasicCredentials(`${scheme} ${padded ? text : text.replace(/=+$/, '')}`);
          if (read.kind !== 'credential') throw new Error(read.detail);
          expect([read.clientId, read.clientSecret.reveal()]).toEqual([id, secret]);
        },
      ),
    );
  });

  it('are valid, absent or malformed for any header, and never shown', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `Basic ${text}`),
          fc.uint8Array().map((bytes) => `Basic ${encode(bytes)}`),
        ),
        (header) => {
          const read = readBasicCredentials(header);
          expect(['credential', 'missing', 'malformed']).toContain(read.kind);
          const detail = read.kind === 'malformed' && header.length > 40 ? read.detail : '';
          expect(detail.includes(header.slice(6)) && detail !== '').toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    [undefined, 'missing'],
    ['', 'missing'],
    ['Bearer abc', 'missing'],
    ['Basicabc', 'missing'],
    ['Digest username="x"', 'missing'],
    ['Basic', 'malformed'],
    ['Basic ', 'malformed'],
    ['Basic !!', 'malformed'],
    ['Basic YTpi, Basic YTpi', 'malformed'],
    ['Basic YTpi=', 'malformed'],
    ['Basic Y', 'malformed'],
    ['Basic YTp-_w', 'malformed'],
    [`Basic ${encode('no colon')}`, 'malformed'],
    [`Basic ${encode(':secret')}`, 'malformed'],
    [`Basic ${encode('a:b\0')}`, 'malformed'],
    [`Basic ${encode('a\r\n:b')}`, 'malformed'],
    [`Basic ${encode('a:\u007f')}`, 'malformed'],
    [`Basic ${encode(Uint8Array.of(0x61, 0x3a, 0xff))}`, 'malformed'],
    [`Basic ${'YTpi'.repeat(maxAuthorizationLength)}`, 'malformed'],
    [`Basic ${encode('a:')}`, 'credential'],
    [`Basic   ${encode('a:b')} `, 'credential'],
    [`Basic ${encode('a::')}`, 'credential'],
  ])('in %j are %s', (header, kind) => expect(readBasicCredentials(header).kind).toBe(kind));
});
