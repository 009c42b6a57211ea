import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteForShell, toCurlCommand } from './curl.ts';

describe('a quoted word of a shell command', () => {
  it('is read by bash as the original text, whatever that is', () => {
    const texts = fc.sample(fc.string({ unit: 'grapheme' }), 200).map((text) => text.replaceAll('\0', ''));
    const script = `printf '%s\\0' ${texts.map(quoteForShell).join(' ')}`;
    const env = { LC_ALL: 'C.UTF-8' };
    const read = execFileSync('bash', ['-c', script], { encoding: 'utf8', env }).split('\0').slice(0, -1);
    expect(read).toEqual(texts);
  });

  it('has no character that a terminal interprets', () => {
    expect(quoteForShell('a\u001B[31m\u202Eb')).toBe(String.raw`$'a\u001b[31m\u202eb'`);
    expect(quoteForShell("it's")).toBe(String.raw`'it'\''s'`);
    expect(quoteForShell('orders:x')).toBe('orders:x');
  });
});

describe('the command of a refused request', () => {
  const request = {
    method: 'GET',
    scheme: 'https',
    host: 'api.example.com',
    path: '/orders',
    clientID: 'orders',
  } as const;

  it.each([
    ['basic', '-u orders:CLIENT_SECRET '],
    ['bearer', "-H 'Authorization: Bearer TOKEN' "],
    ['dpop', "-H 'Authorization: DPoP TOKEN' "],
    ['other', "-H 'Authorization: CREDENTIALS' "],
    // An API key, for example.
    [null, ''],
  ] as const)('has a placeholder for credentials of the scheme %s', (authorization, words) => {
    expect(toCurlCommand({ ...request, authorization })).toBe(
      `curl -i --globoff --path-as-is ${words}https://api.example.com/orders`,
    );
  });
});
