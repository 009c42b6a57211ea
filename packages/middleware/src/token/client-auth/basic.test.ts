import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formEncode } from './basic.ts';

describe('client ID and secret in the Authorization header', () => {
  it.each([
    ['550e8400-e29b-41d4-a716-446655440000', '550e8400-e29b-41d4-a716-446655440000'],
    ['AZaz09-_.~', 'AZaz09-_.~'],
    ['a:b', 'a%3Ab'],
    ['a b', 'a%20b'],
    ['a+b', 'a%2Bb'],
    ['100%', '100%25'],
    ["!'()*", '%21%27%28%29%2A'],
    ['/?#[]@$&,;=', '%2F%3F%23%5B%5D%40%24%26%2C%3B%3D'],
    ['é€', '%C3%A9%E2%82%AC'],
    ['\u{1F600}', '%F0%9F%98%80'],
    ['\n', '%0A'],
    ['', ''],
    ['\ud800', '%EF%BF%BD'],
  ])('are form-encoded as RFC 6749 section 2.3.1 says: %j', (text, encoded) => {
    expect(formEncode(text)).toBe(encoded);
  });

  it('are read back by every form decoder', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const encoded = formEncode(text);
        expect(encoded).toMatch(/^(?:[A-Za-z0-9\-_.~]|%[0-9A-F]{2})*$/);
        expect(decodeURIComponent(encoded)).toBe(text);
        expect(new URLSearchParams(`v=${encoded}`).get('v')).toBe(text);
      }),
    );
  });
});
