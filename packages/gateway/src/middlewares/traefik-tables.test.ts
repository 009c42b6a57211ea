import { describe, expect, it } from 'vitest';
import { compileMiddlewares, startGatewayWith, valuesOf } from './middlewares.testkit.ts';
import type { StepRequest, StepResult } from './step.ts';

// Inputs and expectations of Traefik's own test tables (pkg/middlewares/*/*_test.go of version 3.7), except cases that recordings
// of the real Traefik already cover. A last entry explains why grantgate differs.

describe('paths, as in the tables of Traefik', () => {
  const strip = (...prefixes: readonly string[]) => ({ stripPrefix: { prefixes } });
  const stripRegex = { stripPrefixRegex: { regex: ['/a/api/', '/b/([a-z0-9]+)/', '/c/[a-z0-9]+/[0-9]+/'] } };
  const replace = (path: string) => ({ replacePath: { path } });
  const replaceRegex = (regex: string, replacement: string) => ({ replacePathRegex: { regex, replacement } });
  const encoded = 'an encoded slash is refused unless the entry point allows it; it does here';
  it.each<[object, string, string | number, string, string?]>([
    [strip(), '/noprefixes', '/noprefixes', ''],
    [strip('/'), '/', '/', '/'],
    [strip('/stat'), '/stat', '/', '/stat'],
    [strip('/stat/'), '/stat/', '/', '/stat/'],
    [strip('/stat/'), '/stat/us', '/us', '/stat/'],
    [strip('/stat/'), '/status', '/status', ''],
    [strip('/stat'), '/stat/', '/', '/stat'],
    [strip('/stat', '/stat/us'), '/stat/us', '/us', '/stat'],
    [strip('/mismatch', '/stat'), '/stat', '/', '/stat'],
    [strip('/stat'), '/status', '/us', '/stat'],
    [strip('/stat'), '/stat/a%2Fb', '/a%2Fb', '/stat', encoded],
    [strip('/api/'), '/ap%69/a%2Fb', '/a%2Fb', '/api/', encoded],
    [strip('/api'), '/api./foo', 400, ''],
    [strip('/api'), '/api../foo', 400, ''],
    [stripRegex, '/a/test', '/a/test', ''],
    [stripRegex, '/a/test/', '/a/test/', ''],
    [stripRegex, '/a/api/', '/', '/a/api/'],
    [stripRegex, '/a/api/test', '/test', '/a/api/'],
    [stripRegex, '/a/api/test/', '/test/', '/a/api/'],
    [stripRegex, '/b/api/', '/', '/b/api/'],
    [stripRegex, '/b/api', '/b/api', ''],
    [stripRegex, '/b/api/test1', '/test1', '/b/api/'],
    [stripRegex, '/b/api2/test2', '/test2', '/b/api2/'],
    [stripRegex, '/c/api/123/', '/', '/c/api/123/'],
    [stripRegex, '/c/api/123', '/c/api/123', ''],
    [stripRegex, '/c/api/123/test3', '/test3', '/c/api/123/'],
    [stripRegex, '/c/api/abc/test4', '/c/api/abc/test4', ''],
    [stripRegex, '/a/api/a%2Fb', '/a%2Fb', '/a/api/', encoded],
    [{ addPrefix: { prefix: '/a' } }, '/b', '/a/b', ''],
    [{ addPrefix: { prefix: 'a' } }, '/', '/a/', ''],
    [{ addPrefix: { prefix: '/a' } }, '/b%2Fc', '/a/b%2Fc', '', encoded],
    [replace('/replacement-path'), '/example', '/replacement-path', '/example'],
    [replace('/replacement-path'), '/some/really/long/path', '/replacement-path', '/some/really/long/path'],
    [replace('/replacement-path'), '/foo%2Fbar', '/replacement-path', '/foo%2Fbar', encoded],
    [replace('/foo%2Fbar'), '/path', '/foo%2Fbar', '/path', encoded],
    [replace('/path/%08bar'), '/path/%08bar', '/path/%08bar', '/path/%08bar'],
    [replaceRegex('^/whoami/(.*)', '/who-am-i/$1'), '/whoami/and/whoami', '/who-am-i/and/whoami', '/whoami/and/whoami'],
    [replaceRegex('/whoami', '/who-am-i'), '/whoami/and/whoami', '/who-am-i/and/who-am-i', '/whoami/and/whoami'],
    [replaceRegex('/whoami', ''), '/whoami/and/whoami', '/and', '/whoami/and/whoami'],
    [replaceRegex('/no-match', '/whoami'), '/whoami/and/whoami', '/whoami/and/whoami', ''],
    [replaceRegex('^(?i)/downloads/([^/]+)/([^/]+)$', '/downloads/$1-$2'), '/downloads/src/source.go', '/downloads/src-source.go', '/downloads/src/source.go'],
    [replaceRegex('/aaa/bbb', '/foo%2Fbar'), '/aaa/bbb', '/foo%2Fbar', '/aaa/bbb', encoded],
    [replaceRegex('/aaa%2Fbbb', '/foo/bar'), '/aaa%2Fbbb', '/foo/bar', '/aaa%2Fbbb', encoded],
    [replaceRegex('/aaa/bbb', '/foo/bar'), '/aaa%2Fbbb', '/aaa%2Fbbb', '', encoded],
    [replaceRegex('^/foo/(.*)', '/$1'), '/foo/%08bar', '/%08bar', '/foo/%08bar'],
  ])('%j turns %s into %s', async (middleware, target, expected, told) => {
    const { send } = await startGatewayWith({ one: middleware }, { encodedCharacters: { allowEncodedSlash: true } });
    const { status, seen } = await send(target);
    expect(seen?.target ?? status).toBe(expected);
    const names = ['x-forwarded-prefix', 'x-replaced-path'];
    expect(names.flatMap((name) => valuesOf(seen?.headers, name)).join()).toBe(told);
  }); // prettier-ignore

  it.each([
    [{ addPrefix: { prefix: '' } }],
    [{ replacePathRegex: { regex: '^(?err)/invalid/regexp/([^/]+)$', replacement: '/valid/regexp/$1' } }],
    [{ redirectRegex: { regex: '^(.*', replacement: '$1' } }],
    [{ redirectScheme: {} }],
    [{ headers: { accessControlAllowOriginListRegex: ['a(b'] } }],
    [{ basicAuth: { users: ['test'] } }],
  ])('%j is invalid', (middleware) => {
    expect(compileMiddlewares({ one: middleware }).problems).not.toEqual([]);
  });
});

describe('redirects, as in the tables of Traefik', () => {
  const shop = ['^(?:http?:\\/\\/)(foo)(\\.com)(:\\d+)(.*)$', 'https://${1}bar$2:443$4'] as const;
  const regex = (from: string, to: string, permanent = false) => ({
    redirectRegex: { regex: from, replacement: to, permanent },
  });
  const scheme = (to: string, port = '', permanent = false) => ({
    redirectScheme: { scheme: to, port, permanent },
  });
  it.each<[object, string, number, string, string?, string?]>([
    [regex(...shop), 'http://foo.com:80', 302, 'https://foobar.com:443/'],
    [regex(...shop), 'http://bar.com:80', 200, ''],
    [regex('^(.*)$', 'http://192.168.0.%31/'), 'http://foo.com:80', 502, ''],
    [regex('^http://', 'https://$1', true), 'http://foo', 301, 'https://foo/'],
    [regex('https://foo', 'http://foo', true), 'https://foo', 301, 'http://foo/'],
    [regex('http://foo:80', 'https://foo:443'), 'http://foo:80', 302, 'https://foo:443/'],
    [regex('http://foo:80', 'https://foo:443'), 'http://foo:80', 302, 'https://foo:443/', 'GET', 'https'],
    [regex('https://foo:443', 'http://foo:80'), 'https://foo:443', 302, 'http://foo:80/'],
    [regex('http://foo:80', 'http://foo:88'), 'http://foo:80', 302, 'http://foo:88/'],
    [regex('^http://', 'https://$1'), 'http://foo', 307, 'https://foo/', 'POST'],
    [regex('^http://', 'https://$1', true), 'http://foo', 308, 'https://foo/', 'POST'],
    [scheme('https'), 'http://foo', 302, 'https://foo/'],
    [scheme('https'), 'http://foo', 302, 'https://foo/', 'GET', 'http'],
    [scheme('https'), 'http://foo', 200, '', 'GET', 'https'],
    [scheme('https'), 'http://foo', 302, 'https://foo/', 'GET', 'bar'],
    [scheme('https'), 'http://foo', 302, 'https://foo/', 'GET', 'ws'],
    [scheme('https'), 'http://foo', 200, '', 'GET', 'wss'],
    [scheme('https'), 'http://foo:8080', 302, 'https://foo/'],
    [scheme('https', '8443'), 'http://foo', 302, 'https://foo:8443/'],
    [scheme('https', '8443'), 'http://foo:8000', 302, 'https://foo:8443/'],
    [scheme('https', '8443'), 'https://foo:8000', 302, 'https://foo:8443/'],
    [scheme('https'), 'https://foo:8000', 302, 'https://foo/'],
    [scheme('https'), 'https://foo:8000/theother', 302, 'https://foo/theother'],
    [scheme('https', '8443', true), 'http://foo', 301, 'https://foo:8443/'],
    [scheme('http', '80'), 'http://foo:80', 200, ''],
    [scheme('https', '443'), 'https://foo:443', 200, ''],
    [scheme('wss', '9443'), 'http://foo', 302, 'wss://foo:9443/'],
    [scheme('wss'), 'http://foo', 302, 'wss://foo/'],
    [scheme('wss'), 'http://foo:5678', 302, 'wss://foo/'],
    [scheme('https'), 'http://foo:443', 302, 'https://foo/'],
    [scheme('http', '8181'), 'http://foo:8080', 302, 'http://foo:8181/'],
    [scheme('https'), 'https://foo:80', 302, 'https://foo/'],
    [scheme('https'), 'http://[::1]', 302, 'https://[::1]/'],
    [scheme('https', '8443'), 'http://[::1]', 302, 'https://[::1]:8443/'],
    [scheme('https'), 'http://[::1]:80', 302, 'https://[::1]/'],
    [scheme('https', '8443'), 'http://[::1]:80', 302, 'https://[::1]:8443/'],
  ])('%j redirects %s: %i %s', (middleware, url, status, location, method = 'GET', forwarded) => {
    // An HTTP/1.1 request has a path where a URL of Traefik's tests has none.
    const [, own = '', authority = '', path = ''] = /^(https?):\/\/([^/]*)(.*)$/.exec(url) ?? [];
    const request = {
      facts: { scheme: own, authority, method },
      authority,
      target: path === '' ? '/' : path,
      header: (name: string) => (name === 'x-forwarded-proto' ? (forwarded ?? own) : undefined),
    } as unknown as StepRequest;
    const { steps, problems } = compileMiddlewares({ one: middleware });
    expect(problems).toEqual([]);
    const result = steps[0]?.onRequest(request) as StepResult;
    const got = result.allowed
      ? [200, '']
      : 'response' in result
        ? [result.response.status, result.response.headers[1]]
        : [result.status, ''];
    expect(got).toEqual([status, location]);
  });
});

describe('headers, as in the tables of Traefik', () => {
  const origin = { Origin: 'https://foo.bar.org' };
  const asked = {
    ...origin,
    'Access-Control-Request-Method': 'GET',
    'Access-Control-Request-Headers': 'origin',
  };
  const list = (...origins: readonly string[]) => ({ accessControlAllowOriginList: origins });
  const methods = { accessControlAllowMethods: ['GET', 'OPTIONS', 'PUT'], accessControlMaxAge: 600 };
  const told = { 'access-control-max-age': '600', 'access-control-allow-methods': 'GET,OPTIONS,PUT' };
  const allows = (who: string) => ({ 'access-control-allow-origin': who });
  const named = { accessControlAllowHeaders: ['origin', 'X-Forwarded-For'] };
  it.each([
    ['OPTIONS', { ...methods, ...list('https://foo.bar.org') }, asked, {}, { ...told, ...allows('https://foo.bar.org') }],
    ['OPTIONS', { ...methods, ...list('*') }, asked, {}, { ...told, ...allows('*') }],
    ['OPTIONS', { ...methods, ...list('*'), accessControlAllowCredentials: true }, asked, {}, { ...told, ...allows('*'), 'access-control-allow-credentials': 'true' }],
    ['OPTIONS', { ...methods, ...list('*'), ...named }, asked, {}, { ...told, ...allows('*'), 'access-control-allow-headers': 'origin,X-Forwarded-For' }],
    ['GET', list('https://foo.bar.org'), origin, {}, allows('https://foo.bar.org')],
    ['GET', list('*'), origin, {}, allows('*')],
    ['GET', { accessControlAllowOriginListRegex: ['^https?://([a-z]+)\\.bar\\.org$'] }, origin, {}, allows('https://foo.bar.org')],
    ['GET', { accessControlAllowOriginListRegex: ['([a-z]+)\\.bar'] }, origin, {}, allows('https://foo.bar.org')],
    ['GET', { accessControlAllowOriginListRegex: ['([a-z]+)\\.bar\\.org'] }, { Origin: 'https://bar.org' }, {}, {}],
    ['GET', list('https://foo.bar.org'), {}, {}, {}],
    ['GET', {}, {}, {}, {}],
    ['GET', { ...list('*'), accessControlAllowCredentials: true }, origin, {}, { ...allows('*'), 'access-control-allow-credentials': 'true' }],
    ['GET', { ...list('*'), accessControlExposeHeaders: ['origin', 'X-Forwarded-For'] }, origin, {}, { ...allows('*'), 'access-control-expose-headers': 'origin,X-Forwarded-For' }],
    ['GET', { ...list('https://foo.bar.org'), addVaryHeader: true }, origin, {}, { ...allows('https://foo.bar.org'), vary: 'Origin' }],
    ['GET', { ...list('https://foo.bar.org'), addVaryHeader: true }, origin, { Vary: 'Testing' }, { ...allows('https://foo.bar.org'), vary: 'Testing,Origin' }],
    ['GET', { ...list('https://foo.bar.org'), addVaryHeader: true }, origin, { Vary: 'Origin' }, { ...allows('https://foo.bar.org'), vary: 'Origin' }],
    ['GET', list('*'), origin, allows('http://foo.bar.org'), allows('*')],
    ['GET', { customRequestHeaders: { foo: 'bar' } }, asked, {}, {}],
    ['GET', { customResponseHeaders: { Testing: 'foo', Testing2: 'bar' } }, {}, { Foo: 'bar' }, { foo: 'bar', testing: 'foo', testing2: 'bar' }],
    ['GET', { customResponseHeaders: { Foo: '' } }, {}, { Foo: 'bar' }, {}],
    ['GET', { customResponseHeaders: { Foo: 'test' } }, {}, { Foo: 'bar' }, { foo: 'test' }],
    ['GET', { permissionsPolicy: 'microphone=(),' }, {}, {}, { 'permissions-policy': 'microphone=(),' }],
    ['GET', { stsSeconds: 1, forceSTSHeader: true }, {}, {}, { 'strict-transport-security': 'max-age=1' }],
    ['GET', { stsSeconds: 1, forceSTSHeader: true, stsPreload: true }, {}, {}, { 'strict-transport-security': 'max-age=1; preload' }],
    ['GET', { customFrameOptionsValue: 'foo' }, {}, {}, { 'x-frame-options': 'foo' }],
    ['GET', { frameDeny: true }, {}, {}, { 'x-frame-options': 'DENY' }],
    ['GET', { contentTypeNosniff: true }, {}, {}, { 'x-content-type-options': 'nosniff' }],
  ])('a response to %s with %j and %j, from a server that sends %j', async (method, headers, sent, own, expected) => {
    const { send } = await startGatewayWith(
      { one: { headers } },
      { respond: (_request, response) => void response.writeHead(200, own).end() },
    );
    const answer = await send('/foo', Object.entries(sent), method);
    const usual = ['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding'];
    const got = answer.headers.map(([name, value]) => [name.toLowerCase(), value] as const);
    expect(Object.fromEntries(got.filter(([name]) => !usual.includes(name)))).toEqual(expected);
  }); // prettier-ignore

  it.each([
    [{ 'X-Custom-Request-Header': 'test_request' }, ['bar', 'test_request']],
    [{ 'X-Custom-Request-Header': '', Foo: '' }, []],
    [{ Foo: 'test' }, ['test']],
  ])('a request with %j', async (customRequestHeaders, expected) => {
    const { send } = await startGatewayWith({ one: { headers: { customRequestHeaders } } });
    const { seen } = await send('/foo', [['Foo', 'bar']]);
    expect(['foo', 'x-custom-request-header'].flatMap((name) => valuesOf(seen?.headers, name))).toEqual(
      expected,
    );
  });

  it.each([
    ['foo.com', 200],
    ['boo.com', 500],
  ])('of a request to %s: %i', async (host, status) => {
    const { send } = await startGatewayWith({ one: { headers: { allowedHosts: ['foo.com', 'bar.com'] } } });
    expect((await send('/foo', [['Host', host]])).status).toBe(status);
  });
});
