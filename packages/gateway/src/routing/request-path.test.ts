import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sanitizePath, toRoutingPath } from './request-path.ts';

describe('the path that is forwarded, and the one that rules see', () => {
  it.each<[path: string, forwarded: string | undefined, seen: string | undefined]>([
    ['/', '/', '/'],
    ['/a/b/', '/a/b/', '/a/b/'],
    ['/a//b///', '/a/b/', '/a/b/'],
    ['/a/./b/../c', '/a/c', '/a/c'],
    ['/a/..', '/', '/'],
    ['/a/b/..', '/a', '/a'],
    ['/a/b/../', '/a/', '/a/'],
    ['/../../etc', '/etc', '/etc'],
    ['/%2e%2E/x', '/x', '/x'],
    ['/a%2f%2e%2e%2fb', '/a%2F..%2Fb', '/a%2F..%2Fb'],
    ['/%7euser/%41', '/~user/A', '/~user/A'],
    ['/gr%c3%bc%c3%9fe', '/gr%C3%BC%C3%9Fe', '/grüße'],
    ['/gr\u00fc', '/gr%FC', '/gr%FC'],
    ['/a%20b%25', '/a%20b%25', '/a b%25'],
    ['/%c3', '/%C3', '/%C3'],
    ['/%00', '/%00', '/\0'],
    ['/.well-known/..x/...', '/.well-known/..x/...', '/.well-known/..x/...'],
    ['*', '*', '*'],
    ['/a%', undefined, undefined],
    ['/a%2', undefined, undefined],
    ['/a#b', undefined, undefined],
  ])('%j: %j, %j', (path, forwarded, seen) => {
    expect(sanitizePath(path)).toBe(forwarded);
    expect(toRoutingPath(path)).toBe(seen);
  });

  const pieces = fc.constantFrom(
    '/', '/', '.', '..', 'a', 'b', '%2e', '%2F', '%61', '%25', '%252e', '%c3%a9', '%C3', '%7E', '\u00e9', ';', '=', '~', ' ', '%3B', '\\',
  ); // prettier-ignore
  const paths = fc.array(pieces, { maxLength: 14 }).map((parts) => `/${parts.join('')}`);

  it('agree, whatever the caller writes: nothing is left that a server would read as another path', () => {
    fc.assert(
      fc.property(paths, (path) => {
        const forwarded = sanitizePath(path)!;
        // What is forwarded is what was decided on, and reading it again changes nothing.
        expect(sanitizePath(forwarded)).toBe(forwarded);
        expect(toRoutingPath(forwarded)).toBe(toRoutingPath(path));
        expect(forwarded).not.toMatch(/\/\/|\/\.\.?(?:\/|$)|%2e|%61|[^\x20-\x7e]/i);
        expect(toRoutingPath(path)).not.toMatch(/\/\/|\/\.\.?(?:\/|$)/);
      }),
      { numRuns: 1000 },
    );
  });
});
