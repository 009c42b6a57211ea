import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileMiddlewares, startGatewayWith, valuesOf } from './middlewares.testkit.ts';

const stripped = (prefixes: readonly string[]) => startGatewayWith({ strip: { stripPrefix: { prefixes } } });

describe('stripPrefix', () => {
  it.each([
    // As in Traefik's own tests.
    [[], '/foo', '/foo', undefined],
    [['/stat'], '/foo', '/foo', undefined],
    [['/stat'], '/stat', '/', '/stat'],
    [['/stat'], '/stat/', '/', '/stat'],
    [['/stat'], '/stat/us', '/us', '/stat'],
    [['/stat'], '/status', '/us', '/stat'],
    [['/', '/stat'], '/stat', '/stat', '/'],
    [['/stat'], '/stat/us?a=/stat', '/us?a=/stat', '/stat'],
    [['/st at'], '/st%20at/us', '/us', '/st at'],
    [['/stät'], '/st%C3%A4t/us%20x', '/us%20x', '/stät'],
  ])('of %j turns %s into %s', async (prefixes, target, expected, prefix) => {
    const { send } = await stripped(prefixes);
    const { seen } = await send(target);
    expect(seen?.target).toBe(expected);
    expect(valuesOf(seen?.headers, 'x-forwarded-prefix')).toEqual(
      prefix === undefined ? [] : [Buffer.from(prefix).toString('latin1')],
    );
  });

  it("appends to the prefixes that were removed before, and ignores the caller's header", async () => {
    const { send } = await startGatewayWith({
      one: { stripPrefix: { prefixes: ['/a'] } },
      two: { stripPrefix: { prefixes: ['/b'] } },
    });
    const { seen } = await send('/a/b/c', [['X-Forwarded-Prefix', '/forged']]);
    expect(seen?.target).toBe('/c');
    expect(valuesOf(seen?.headers, 'x-forwarded-prefix')).toEqual(['/a', '/b']);
  });

  it('creates no path outside of its route', async () => {
    const { send } = await stripped(['/open']);
    const segment = fc.constantFrom('..', '.', '%2e%2e', '%2E.', '..;', 'a', '', 'admin', '..%2f');
    await fc.assert(
      fc.asyncProperty(fc.array(segment, { minLength: 1, maxLength: 5 }), async (segments) => {
        const { seen } = await send(`/open${segments.join('/')}`);
        expect(seen?.target ?? '/').not.toMatch(/(?:^|\/|%2f)(?:\.|%2e){1,2}(?:\/|;|%2f|$)/i);
      }),
      { numRuns: 60 },
    );
  });
});

describe('addPrefix and replacePath', () => {
  it.each([
    [{ addPrefix: { prefix: '/a' } }, '/b?c', '/a/b?c'],
    [{ addPrefix: { prefix: 'a' } }, '/', '/a/'],
    [{ addPrefix: { prefix: '/ä b' } }, '/c', '/%C3%A4%20b/c'],
    [{ replacePath: { path: '/new' } }, '/old?x=1', '/new?x=1'],
    [{ replacePath: { path: '/n%20w' } }, '/old', '/n%20w'],
  ])('%j turns %s into %s', async (middleware, target, expected) => {
    const { send } = await startGatewayWith({ one: middleware });
    expect((await send(target)).seen?.target).toBe(expected);
  });

  it('send the server the original path', async () => {
    const { send } = await startGatewayWith({ one: { replacePath: { path: '/new' } } });
    const { seen } = await send('/old%20one?x', [['X-Replaced-Path', '/forged']]);
    expect(valuesOf(seen?.headers, 'x-replaced-path')).toEqual(['/old%20one']);
  });

  it('work one after the other, in the order of the route', async () => {
    const { send } = await startGatewayWith({
      strip: { stripPrefix: { prefixes: ['/api'] } },
      add: { addPrefix: { prefix: '/v2' } },
    });
    expect((await send('/api/orders')).seen?.target).toBe('/v2/orders');
  });
});

describe('redirectScheme', () => {
  const https = { redirectScheme: { scheme: 'https' } };
  it.each([
    [https, [['Host', 'api.example']], 'GET', 302, 'https://api.example/a?b'],
    [https, [['Host', 'api.example:80']], 'POST', 307, 'https://api.example/a?b'],
    [{ redirectScheme: { scheme: 'https', permanent: true } }, [['Host', 'api.example:8000']], 'GET', 301, 'https://api.example/a?b'],
    [{ redirectScheme: { scheme: 'https', port: 8443, permanent: true } }, [['Host', '[::1]:8000']], 'PUT', 308, 'https://[::1]:8443/a?b'],
    [{ redirectScheme: { scheme: 'https', port: '443' } }, [['Host', 'a']], 'GET', 302, 'https://a/a?b'],
  ] as const)('%j sends callers to another scheme', async (middleware, headers, method, status, location) => {
    const { send } = await startGatewayWith({ one: middleware });
    const answer = await send('/a?b', headers, method);
    expect(answer).toMatchObject({ status, seen: undefined });
    expect(valuesOf(answer.headers, 'location')).toEqual([location]);
  }); // prettier-ignore

  it('lets requests pass that already use the scheme, also according to a trusted proxy', async () => {
    const forwarded = [['X-Forwarded-Proto', 'https']] as const;
    const trusting = await startGatewayWith({ one: https }, { trustedIPs: ['127.0.0.1'] });
    expect((await trusting.send('/', forwarded)).status).toBe(200);
    const { send } = await startGatewayWith({ one: https });
    expect((await send('/', forwarded)).status).toBe(302);
  });
});

it('options of these kinds are checked at their places', () => {
  const { problems } = compileMiddlewares(`
a: { stripPrefix: { prefixes: { a: b }, forceSlash: true } }
b: { addPrefix: {} }
c: { redirectScheme: { scheme: "", port: [1] } }
`);
  expect(problems.map((problem) => problem.replace(/^\d+:\d+ /, ''))).toEqual([
    'a@file.prefixes: expected array',
    expect.stringContaining('a@file'),
    expect.stringContaining('b@file'),
    expect.stringContaining('c@file'),
    expect.stringContaining('c@file'),
  ]);
});
