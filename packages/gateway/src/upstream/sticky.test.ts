import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { afterEach, describe, expect, it } from 'vitest';
import type { ServiceConfig, StickyConfig } from '../config/dynamic.ts';
import { createServices, type Upstreams } from './create-upstream.ts';
import { toLoadBalancer, toMap } from './services.testkit.ts';
import type { BalancingFacts } from './upstream.ts';

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of cleanup.splice(0).reverse()) await close();
});

function create(service: ServiceConfig): Upstreams {
  const upstreams = createServices({ clock: createFakeClock() }).open(toMap(service));
  cleanup.push(() => upstreams.close());
  return upstreams;
}

const plain: BalancingFacts = { rawHeaders: [], scheme: 'http', remoteAddress: '127.0.0.1' };

describe('a sticky service', () => {
  const sticky: StickyConfig = {
    cookieName: 'srv',
    path: '/',
    domain: undefined,
    secure: true,
    httpOnly: true,
    sameSite: 'lax',
    maxAgeSeconds: 60,
  };
  const withCookie = (cookie: string): BalancingFacts => ({
    rawHeaders: ['Host', 'x', 'COOKIE', cookie],
    scheme: 'http',
    remoteAddress: '127.0.0.1',
  });

  it('binds a caller to the server of its first request by a cookie that names no URL', () => {
    const upstream = create(toLoadBalancer('s', ['http://a', 'http://b', 'http://c'], { sticky })).byName.get(
      's',
    )!;
    upstream.pick(plain);
    const first = upstream.pick(plain)!;
    const [, id] = /^srv=([0-9a-f]{16}); Path=\/; Max-Age=60; HttpOnly; Secure; SameSite=Lax$/.exec(
      first.setCookies[0]!,
    )!;
    for (let count = 0; count < 4; count += 1) {
      const bound = upstream.pick(withCookie(`other=1; srv=${id!} ;x=2`))!;
      expect(bound.server).toBe(first.server);
      expect(bound.setCookies).toEqual([]);
    }
    // Bound requests do not use up turns of the others.
    expect(upstream.pick(plain)!.server.authority).toBe('c');
  });

  it.each(['srv=0123456789abcdef', 'srv=', 'srv', 'xsrv=1', '__proto__=1', ''])(
    'assigns a new server, and cookie, to a caller with the cookie %j',
    (cookie) => {
      const upstream = create(toLoadBalancer('s', ['http://a', 'http://b'], { sticky })).byName.get('s')!;
      expect(upstream.pick(withCookie(cookie))!.setCookies[0]).toContain('srv=');
      expect(upstream.pick(withCookie(cookie))!.server.authority).toBe('b');
    },
  );

  // The hashes are those of Go's hash/fnv, computed with Go 1.26 on 2026-11-29.
  it.each(['http://a', 'fa933b6301a3defc', 'c0a80fa88fd350c1', '"c0a80fa88fd350c1"'])(
    'accepts the cookie %j of an earlier Traefik, and replaces it',
    (value) => {
      const upstream = create(
        toLoadBalancer('s', ['http://b', 'http://a', 'http://c'], { sticky }),
      ).byName.get('s')!;
      for (let count = 0; count < 3; count += 1) {
        const bound = upstream.pick(withCookie(`srv=${value}`))!;
        expect(bound.server.authority).toBe('a');
        expect(bound.setCookies[0]).toContain('srv=');
        const [, id = ''] = /^srv=([0-9a-f]{16});/.exec(bound.setCookies[0] ?? '') ?? [];
        const again = upstream.pick(withCookie(`srv="${id}"`))!;
        expect([again.server.authority, again.setCookies]).toEqual(['a', []]);
      }
    },
  );

  it.each<[Partial<StickyConfig>, string]>([
    [{ maxAgeSeconds: -1 }, 'Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax'],
    [
      { path: '/api', domain: 'a.example' },
      'Path=/api; Domain=a.example; Max-Age=60; HttpOnly; Secure; SameSite=Lax',
    ],
  ])('with %j sets a cookie with %s', (config, expected) => {
    const service = toLoadBalancer('s', ['http://a'], { sticky: { ...sticky, ...config } });
    expect(create(service).byName.get('s')!.pick(plain)!.setCookies[0]).toMatch(
      new RegExp(`^srv=[0-9a-f]{16}; ${expected}$`),
    );
  });

  it('by default sets a session cookie without attributes', () => {
    const bare: StickyConfig = { cookieName: 'srv', path: '/', domain: undefined, secure: false, httpOnly: false, sameSite: undefined, maxAgeSeconds: 0 }; // prettier-ignore
    const upstream = create(toLoadBalancer('s', ['http://a'], { sticky: bare })).byName.get('s')!;
    expect(upstream.pick(plain)!.setCookies[0]).toMatch(/^srv=[0-9a-f]{16}; Path=\/$/);
  });
});
