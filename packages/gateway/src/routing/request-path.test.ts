import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EncodedCharacters } from '../config/entry-point-config.ts';
import { encodedCharacters } from './facts.testkit.ts';
import { createReadPath, toRoutingPath } from './request-path.ts';

const everything: EncodedCharacters = {
  ...encodedCharacters,
  allowEncodedSlash: true,
  allowEncodedBackSlash: true,
  allowEncodedNullCharacter: true,
};
const nothing: EncodedCharacters = {
  allowEncodedSlash: false, allowEncodedBackSlash: false, allowEncodedNullCharacter: false, allowEncodedSemicolon: false, allowEncodedPercent: false, allowEncodedQuestionMark: false, allowEncodedHash: false,
}; // prettier-ignore
const readPath = createReadPath(everything);
const byDefault = createReadPath(encodedCharacters);

describe('the forwarded path and the path that rules match', () => {
  it.each<[path: string, forwarded: string, seen: string]>([
    ['/', '/', '/'],
    ['/a/b/', '/a/b/', '/a/b/'],
    ['/a//b///', '/a/b/', '/a/b/'],
    ['/a/./b/../c', '/a/c', '/a/c'],
    ['/a/..', '/', '/'],
    ['/a/b/..', '/a', '/a'],
    ['/a/b/../', '/a/', '/a/'],
    ['/../../etc', '/etc', '/etc'],
    ['/%2e%2E/x', '/x', '/x'],
    ['/a%2fb', '/a%2Fb', '/a%2Fb'],
    ['/a%5cb', '/a%5Cb', '/a\\b'],
    ['/a;v=1/b;', '/a;v=1/b;', '/a;v=1/b;'],
    ['/a/;jsessionid=1', '/a/;jsessionid=1', '/a/;jsessionid=1'],
    ['/%7euser/%41', '/~user/A', '/~user/A'],
    ['/gr%c3%bc%c3%9fe', '/gr%C3%BC%C3%9Fe', '/grüße'],
    ['/gr\u00fc', '/gr%FC', '/gr%FC'],
    ['/a%20b%25', '/a%20b%25', '/a b%25'],
    ['/%c3', '/%C3', '/%C3'],
    ['/%00', '/%00', '/\0'],
    ['/.well-known/..x/...', '/.well-known/..x/...', '/.well-known/..x/...'],
    ['*', '*', '*'],
  ])('%j: %j, %j', (path, forwarded, seen) => {
    expect(readPath(path)).toBe(forwarded);
    expect(toRoutingPath(forwarded)).toBe(seen);
  });

  it.each([
    '/a%', '/a%2', '/a%u002e', '/a#b', '/a\\b', '/..\\a', '/a\tb', '/a b', '/a\x7f', '*#', '/%c0%af', '/%C0%AE./', '/a\xc0\xaf', '/%e0%80%af',
    '/%f0%80%80%af', '/..;/a', '/.;/a', '/a/..;x=1/b', '/a/%2e%2E;/b', '/a/..%3b/b', '/a/.%3Bx', '/a/..;', '/;/a', '/a/;x=1/b', '/%3b/a', '//;a/b',
    '/a/..%2fb', '/a/.%2fb', '/a%2f..%2fb', '/a%2f../b', '/a%2F..', '/..%5cb', '/a%5c..%5cb', '/a%5C%2e%2e', '/a/..%00/b', '/a/..%00', '/a/..%3fb',
    '/a/..%23b', '/a/..%20/b', '/a/..%09',
  ])('%j is refused, even when every encoded character is allowed', (path) => {
    expect(readPath(path)).toBeUndefined();
  }); // prettier-ignore

  it.each<[keyof EncodedCharacters, string[]]>([
    ['allowEncodedSlash', ['/a%2fb', '/%2F', '/a%2F%61']],
    ['allowEncodedBackSlash', ['/a%5cb', '/%5C']],
    ['allowEncodedNullCharacter', ['/a%00', '/%00/b']],
    ['allowEncodedSemicolon', ['/a%3bb', '/a%3B']],
    ['allowEncodedPercent', ['/a%25', '/a%252e%252e%252fb', '/%25%32%66']],
    ['allowEncodedQuestionMark', ['/a%3fb', '/a%3F']],
    ['allowEncodedHash', ['/a%23b']],
  ])('%s is refused where it is not allowed, and only there', (name, paths) => {
    for (const path of paths) {
      expect(createReadPath({ ...nothing, [name]: true })(path)).toBeDefined();
      expect(createReadPath({ ...everything, [name]: false })(path)).toBeUndefined();
      expect(byDefault(path) === undefined).toBe(!encodedCharacters[name]);
    }
  });

  const pieces = fc.constantFrom(
    '/', '/', '.', '..', 'a', 'b', '%2e', '%2F', '%61', '%25', '%252e', '%c3%a9', '%C3', '%7E', '\u00e9', ';', '=', '~', '%20', '%3B', '\\', '%5c', '%2e%2e', '%00',
  ); // prettier-ignore
  const paths = fc.array(pieces, { maxLength: 14 }).map((parts) => `/${parts.join('')}`);

  it('agree for any request: no server would read the forwarded path as a different one', () => {
    let read = 0;
    fc.assert(
      fc.property(paths, (path) => {
        const forwarded = readPath(path);
        if (forwarded === undefined) return;
        read += 1;
        const seen = toRoutingPath(forwarded);
        // The forwarded path is the one that was matched, and reading it again changes nothing.
        expect(readPath(forwarded)).toBe(forwarded);
        expect(forwarded).not.toMatch(/\/\/|\/\.\.?(?:\/|$)|%2e|%61|[^\x20-\x7e]/i);
        expect(seen).not.toMatch(/\/\/|\/\.\.?(?:\/|$)/);
      }),
      { numRuns: 2000 },
    );
    expect(read).toBeGreaterThan(200);
  });

  it('by default protect even a server that decodes a second time: it reaches nothing above the path that the rules matched', () => {
    const decodeOnce = (text: string): string =>
      text.replace(/%([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
    const withoutParameters = (text: string): string => text.replace(/;[^/]*/g, '');
    fc.assert(
      fc.property(paths, (path) => {
        const forwarded = byDefault(path);
        if (forwarded === undefined) return;
        const depth = forwarded.split('/').length;
        for (const reading of [decodeOnce, withoutParameters, (text: string) => withoutParameters(decodeOnce(text)), (text: string) => decodeOnce(withoutParameters(text))]) {
          const segments = reading(forwarded).split(/[/\\]/);
          expect(segments).toHaveLength(depth);
          expect(segments.filter((segment) => /^\.\.?$|\0/.test(segment))).toEqual([]);
        }
      }),
      { numRuns: 2000 },
    ); // prettier-ignore
  });
});
