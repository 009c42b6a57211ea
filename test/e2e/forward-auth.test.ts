import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../packages/testkit/src/until.ts';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import type { TestGateway } from './gateway.testkit.ts';
import { startTestGateway } from './gateway.testkit.ts';

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;
const boss = ['Authorization', basic('boss:boss-secret')];

let server: AuthorizationServer;
let gateway: TestGateway;
beforeAll(async () => {
  server = await startAuthorizationServer({
    clients: [
      { clientId: 'boss', clientSecret: 'boss-secret', claims: { grp: 'admin' } },
      { clientId: 'reader', clientSecret: 'reader-secret', claims: { grp: 'reader' } },
    ],
  });
  gateway = await startTestGateway({
    routes: {
      'routes.yaml': `
http:
  middlewares:
    auth:
      plugin:
        oAuthClientCredentials:
          url: ${server.url}
          claims: Equals(\`grp\`, \`admin\`)
          forwardHeaders: { Group: grp, X-Missing: nope }
          usernameClaim: client_id
    again:
      plugin: { oAuthClientCredentials: { url: ${server.url}, clientID: reader, clientSecret: reader-secret, forwardHeaders: { Group: grp } } }
    both: { chain: { middlewares: [auth, again] } }
    broken: { plugin: { oAuthClientCredentials: { url: ${server.url}, clientID: urn:env:NOWHERE, clientSecret: x } } }
  routers:
    all: { rule: PathPrefix(\`/\`), middlewares: [auth], service: none }
  services:
    none: { loadBalancer: { servers: [{ url: http://127.0.0.1:1 }] } }
`,
    },
    install: `
entryPoints:
  forwardAuth: { address: "127.0.0.1:0" }
  mapped:
    address: "127.0.0.1:0"
    forwardAuth:
      credentialsHeader: X-Credentials
      usernameHeader: X-User
      statusMap: { 503: 403, 401: 403 }
      problemHeader: X-Problem
    forwardedHeaders: { trustedIPs: [192.0.2.0/24] }
accessLog: { format: json }
log: { level: debug }
`,
  });
});
afterAll(async () => {
  await gateway.close();
  await server.close();
});

interface ProxiedResponse {
  readonly status: number;
  /** Name and value in turn. */
  readonly raw: readonly string[];
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
  readonly logged: Readonly<Record<string, unknown>>;
}

async function ask(
  path: string,
  {
    entryPoint = 'forwardAuth',
    method = 'GET',
    headers = [],
    body = '',
  }: {
    readonly entryPoint?: string;
    readonly method?: string;
    readonly headers?: readonly string[];
    readonly body?: string;
  } = {},
): Promise<ProxiedResponse> {
  const before = gateway.accessLog.lines().length;
  const { hostname, port, host } = new URL(gateway.urlOf(entryPoint));
  const answer = await new Promise<Omit<ProxiedResponse, 'logged'>>((resolve, reject) => {
    const outgoing = httpRequest({
      hostname,
      port,
      method,
      path,
      agent: false,
      headers: ['Host', host, ...headers],
    });
    outgoing.on('error', reject).on('response', (incoming) => {
      void text(incoming).then((content) =>
        resolve({
          status: incoming.statusCode ?? 0,
          raw: incoming.rawHeaders,
          headers: incoming.headers,
          body: content,
        }),
      );
    });
    outgoing.end(body);
  });
  const line = await until(() => gateway.accessLog.lines()[before]);
  return { ...answer, logged: JSON.parse(line) as Record<string, unknown> };
}

describe('a check of a proxy', () => {
  it('gets status 200 with exactly the headers to set, including empty ones', async () => {
    const { status, raw, body } = await ask('/forward-auth/auth@file', { headers: boss });
    expect({ status, body }).toEqual({ status: 200, body: '' });
    const names = raw.filter((_, index) => index % 2 === 0);
    expect(names).toEqual([
      'authorization',
      'Group',
      'X-Missing',
      'X-Auth-Request-User',
      'Content-Length',
      'Connection',
    ]);
    expect(raw).toContain('admin');
    expect(raw[1]).toMatch(/^Bearer ey/);
    expect(raw[raw.indexOf('X-Missing') + 1]).toBe('');
    expect(raw[raw.indexOf('X-Auth-Request-User') + 1]).toBe('boss');
    expect(raw[raw.indexOf('Content-Length') + 1]).toBe('0');
  });

  it.each([
    '/forward-auth/auth',
    '/forward-auth/auth%40file',
    '/forward-auth/auth@file/orders/1?x=/',
    '/forward-auth/auth?a',
  ])('names its middleware by the path %s', async (path) =>
    expect(await ask(path, { headers: boss })).toMatchObject({ status: 200 }),
  );

  it.each(['HEAD', 'POST', 'OPTIONS', 'DELETE', 'PATCH', 'PURGE'])(
    'may use the method %s',
    async (method) => {
      const body = method === 'HEAD' ? '' : 'x'.repeat(1000);
      const headers = [...boss, ...(body === '' ? [] : ['Content-Length', '1000'])];
      expect(await ask('/forward-auth/auth', { method, headers, body })).toMatchObject({
        status: 200,
        body: '',
      });
    },
  );

  it('passes through a chain, in which the headers of the last middleware win', async () => {
    const { status, headers } = await ask('/forward-auth/both', { headers: boss });
    expect({ status, group: headers['group'], missing: headers['x-missing'] }).toEqual({
      status: 200,
      group: 'reader',
      missing: '',
    });
    expect(await ask('/forward-auth/both')).toMatchObject({ status: 401 });
  });

  it.each([
    ['/forward-auth/nobody', 404, 'middleware_unknown', undefined],
    ['/forward-auth/auth@kubernetescrd', 404, 'middleware_unknown', undefined],
    ['/forward-auth/%', 404, 'middleware_unknown', undefined],
    ['/forward-auth/', 404, 'middleware_unknown', undefined],
    ['/forward-auth', 404, 'middleware_unknown', undefined],
    ['/', 404, 'middleware_unknown', undefined],
    ['/forward-auth/constructor', 404, 'middleware_unknown', undefined],
    ['/forward-auth/broken', 503, 'middleware_unavailable', 'broken@file'],
    ['/forward-auth/auth', 401, 'credentials_missing', 'auth@file'],
  ])('at %s without credentials is refused with %i %s', async (path, status, code, routerName) => {
    const answer = await ask(path);
    expect(answer).toMatchObject({ status, logged: { RefusalCode: code } });
    expect(answer.logged['RouterName']).toBe(routerName);
    expect(JSON.parse(answer.body)).toMatchObject({ status, code });
  });

  it.each([
    ['X-Forwarded-Uri', '/orders/..%2fbilling?a=b'],
    ['X-Forwarded-Uri', '/orders/../billing'],
    ['X-Forwarded-Uri', '/orders/%2e%2E/billing'],
    ['X-Forwarded-Uri', '/orders/..;/billing'],
    ['X-Original-URL', 'https://shop.example/orders/..%5Cbilling'],
    ['X-Original-URI', '/orders/x%00'],
    ['X-Original-URI', '/orders/%'],
  ])(
    'is refused with 400 when a service could read the forwarded path as another: %s: %s',
    async (name, value) => {
      const answer = await ask('/forward-auth/auth', { headers: [...boss, name, value] });
      expect(answer).toMatchObject({ status: 400, logged: { RefusalCode: 'request_invalid' } });
      const below = await ask(`/forward-auth/auth${value.replace(/^https:..[^/]*/, '')}`, { headers: boss });
      expect(below).toMatchObject({ status: 400, logged: { RefusalCode: 'request_invalid' } });
    },
  );

  it('is logged with the middleware, the user, and the request that it decides', async () => {
    const about = (headers: readonly string[], path = '/forward-auth/auth') =>
      ask(path, { headers: [...boss, 'X-Request-Id', 'r-1', ...headers] });
    const { logged } = await about([
      ...[
        'X-Forwarded-Method',
        'PUT',
        'X-Forwarded-Proto',
        'https',
        'X-Forwarded-Host',
        'Api.Example.com:8443',
      ],
      ...['X-Forwarded-Uri', '/orders/1?page=2', 'X-Forwarded-For', '192.0.2.7'],
    ]);
    expect(logged).toMatchObject({
      RouterName: 'auth@file',
      ClientUsername: 'boss',
      ClientHost: '192.0.2.7',
      RequestId: 'r-1',
      RequestMethod: 'PUT',
      RequestHost: 'Api.Example.com',
      RequestAddr: 'Api.Example.com:8443',
      RequestPath: '/orders/1?page=2',
      RequestScheme: 'https',
      entryPointName: 'forwardAuth',
    });
    const nginx = await about([
      ...[
        'X-Original-Method',
        'PATCH',
        'X-Original-URL',
        'https://shop.example/cart?x=1',
        'X-Forwarded-Proto',
        '',
      ],
    ]);
    expect(nginx.logged).toMatchObject({
      RequestMethod: 'PATCH',
      RequestPath: '/cart?x=1',
      RequestHost: 'shop.example',
      RequestScheme: 'https',
    });
    expect((await about(['X-Original-URI', '/only/path'])).logged).toMatchObject({
      RequestPath: '/only/path',
    });
    const envoy = await about([], '/forward-auth/auth/orders/7?x=1');
    expect(envoy.logged).toMatchObject({ RequestPath: '/orders/7?x=1', RequestMethod: 'GET' });
    expect((await about([])).logged).toMatchObject({ RequestPath: '/forward-auth/auth' });
  });

  it('takes no details of the original request from an untrusted peer', async () => {
    const { logged } = await ask('/forward-auth/auth', {
      entryPoint: 'mapped',
      headers: [
        'X-Credentials',
        boss[1]!,
        'X-Forwarded-Method',
        'PUT',
        'X-Forwarded-Uri',
        '/lie',
        'X-Forwarded-For',
        '9.9.9.9',
      ],
    });
    expect(logged).toMatchObject({
      RequestMethod: 'GET',
      RequestPath: '/forward-auth/auth',
      ClientHost: '127.0.0.1',
    });
  });

  it('reads the credentials from a header that the proxy chooses, and blanks that header', async () => {
    const checked = (headers: readonly string[]) =>
      ask('/forward-auth/auth', { entryPoint: 'mapped', headers });
    const { status, headers } = await checked(['X-Credentials', boss[1]!]);
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'x-credentials': '', 'x-user': 'boss' });
    expect(await checked(boss)).toMatchObject({ logged: { RefusalCode: 'credentials_missing' } });
    const twice = await checked(['X-Credentials', boss[1]!, 'x-credentials', boss[1]!]);
    expect(twice.logged['RefusalCode']).toBe('credentials_malformed');
  });

  it('maps the status of a refusal and puts its body into a header, for a proxy that would lose them', async () => {
    const { status, headers, body, logged } = await ask('/forward-auth/broken', { entryPoint: 'mapped' });
    expect({ status, logged: logged['DownstreamStatus'] }).toEqual({ status: 403, logged: 403 });
    expect(headers['retry-after']).toBe('5');
    expect(JSON.parse(body)).toMatchObject({ status: 403, code: 'middleware_unavailable' });
    expect(headers['x-problem']).toBe(body);
  });

  it('names to Envoy the caller’s headers that could pass for forwarded ones', async () => {
    const answer = await ask('/forward-auth/auth', {
      headers: [...boss, 'X_Missing', 'root', 'gROUP', 'x', 'X_Other', 'y'],
    });
    expect(answer.headers['x-envoy-auth-headers-to-remove']).toBe('x_missing');
  });
});

it('reports a router that no entry point serves', () => {
  expect(gateway.log.text()).toContain('no entry point serves all@file');
});
