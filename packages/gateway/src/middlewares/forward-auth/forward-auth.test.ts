import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createSecureServer as createHttp2Server } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFakeClock } from '../../../../testkit/src/fake-clock.ts';
import { until } from '../../../../testkit/src/until.ts';
import { createTestAuthority } from '../../../../testkit/src/certificates.ts';
import { startServer } from '../../../../testkit/src/http-server.ts';
import { parseDocuments } from '../../config/parse-documents.ts';
import { translate } from '../../providers/translate/translate.ts';
import { prepare } from '../../snapshot/prepare.ts';
import { compileMiddlewares, startGatewayWith, valuesOf } from '../middlewares.testkit.ts';
import { forwardAuth } from './kind.ts';

interface AuthRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** An authentication server, and a gateway whose route uses it. */
async function start(
  options: object,
  respond: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) =>
    void response.end(),
  rest: Parameters<typeof startGatewayWith>[1] & { readonly path?: string; readonly before?: object } = {},
) {
  const asked: AuthRequest[] = [];
  const server = await startServer((request, response) => {
    let body = '';
    request.setEncoding('latin1').on('data', (part: string) => (body += part));
    request.on('end', () => {
      const { rawHeaders, method = '', url = '' } = request;
      const headers = rawHeaders.flatMap((name, at) =>
        at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ''] as const] : [],
      );
      asked.push({ method, target: url, headers, body });
      respond(request, response);
    });
  });
  onTestFinished(() => server.close());
  const { path = '/auth', before = {}, ...gatewayOptions } = rest;
  const { gateway, send } = await startGatewayWith(
    { ...before, one: { forwardAuth: { address: `${server.url}${path}`, ...options } } },
    gatewayOptions,
  );
  return { asked, gateway, send, server };
}

describe('forwardAuth', () => {
  it('sends the headers of the request, and passes the request with the listed headers of a 2xx response', async () => {
    const { asked, send } = await start(
      { authResponseHeaders: ['X-Auth-User', 'X-Roles', 'X-Absent'] },
      (_request, response) =>
        void response.writeHead(204, { 'X-Auth-User': 'ann', 'X-Roles': ['a', 'b'], 'X-Other': 'no' }).end(),
      { path: '/auth?x=1' },
    );
    const passed = await send('/orders?id=7', [
      ['X-Custom', 'yes'],
      ['X-Auth-User', 'forged'],
      ['X_Auth_User', 'forged'],
      ['x.absent', 'forged'],
    ]);
    expect(passed.status).toBe(200);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ method: 'GET', target: '/auth?x=1', body: '' });
    const seen = (name: string): readonly string[] => valuesOf(asked[0]?.headers, name);
    expect([seen('x-custom'), seen('x-forwarded-method'), seen('x-forwarded-uri')]).toEqual([
      ['yes'],
      ['GET'],
      ['/orders?id=7'],
    ]);
    expect([seen('x-forwarded-host'), seen('x-forwarded-proto'), seen('x-forwarded-for')]).toEqual([
      ['api.example'],
      ['http'],
      ['127.0.0.1'],
    ]);
    const { headers } = passed.seen ?? {};
    expect(valuesOf(headers, 'x-auth-user')).toEqual(['ann']);
    expect(valuesOf(headers, 'x-roles')).toEqual(['a', 'b']);
    for (const name of ['x_auth_user', 'x.absent', 'x-absent', 'x-other'])
      expect(valuesOf(headers, name), name).toEqual([]);
  });

  it('replaces every header whose name matches, in each spelling that a server may read as the same', async () => {
    const { send } = await start(
      { authResponseHeadersRegex: '^X-Auth-' },
      (_request, response) =>
        void response
          .writeHead(200, { 'X-Auth-User': 'ann', 'Set-Cookie': 'a=b', 'X-Plain': 'no' })
          .end('body'),
      { before: { first: { headers: { customRequestHeaders: { 'X-Auth-Tenant': 'set' } } } } },
    );
    const { seen } = await send('/', [
      ['X_Auth_Role', 'forged'],
      ['X-Auth-Role', 'forged'],
      ['X-Author', 'kept'],
    ]);
    const names = (seen?.headers ?? []).map(([name]) => name.toLowerCase());
    expect(names.filter((name) => name.includes('auth'))).toEqual(['x-auth-user', 'x-author']);
    expect(names).not.toContain('set-cookie');
  });

  it('sends any other response to the caller, without hop-by-hop headers', async () => {
    const { send } = await start({}, (_request, response) => {
      response.writeHead(401, {
        'WWW-Authenticate': 'Basic realm="a"',
        'Set-Cookie': ['s=1', 't=2'],
        Connection: 'keep-alive, X-Hop',
        'X-Hop': 'no',
      });
      response.write('log');
      response.end('in');
    });
    const refused = await send('/');
    expect(refused).toMatchObject({ status: 401, body: 'login', seen: undefined });
    expect(valuesOf(refused.headers, 'www-authenticate')).toEqual(['Basic realm="a"']);
    expect(valuesOf(refused.headers, 'set-cookie')).toEqual(['s=1', 't=2']);
    expect(valuesOf(refused.headers, 'content-length')).toEqual(['5']);
    expect([valuesOf(refused.headers, 'x-hop'), valuesOf(refused.headers, 'transfer-encoding')]).toEqual([
      [],
      [],
    ]);
  });

  it('resolves Location against the address of the server, or leaves it unchanged', async () => {
    const respond: RequestListener = (_request, response) =>
      void response.writeHead(302, { Location: '/login?next=1' }).end();
    const resolved = await start({}, respond);
    const url = `${resolved.server.url}/login?next=1`;
    expect(valuesOf((await resolved.send('/')).headers, 'location')).toEqual([url]);
    const preserved = await start({ preserveLocationHeader: true }, respond);
    expect(valuesOf((await preserved.send('/')).headers, 'location')).toEqual(['/login?next=1']);
  });

  it('redirects to the sign-in page instead of 401', async () => {
    const { send } = await start(
      { authSigninURL: 'https://login.example/' },
      (_request, response) => void response.writeHead(401, { 'Set-Cookie': 'a=1' }).end('no'),
    );
    const redirected = await send('/');
    expect([redirected.status, valuesOf(redirected.headers, 'location')]).toEqual([
      302,
      ['https://login.example/'],
    ]);
    expect(valuesOf(redirected.headers, 'set-cookie')).toEqual([]);
  });

  it('adds the listed cookies to the response of the service, and to that of the same caller only', async () => {
    const { send } = await start(
      { addAuthCookiesToResponse: ['session'] },
      (request, response) => {
        const who = request.headers['x-who'];
        const cookies = who === undefined ? [] : [`session=${String(who)}; Path=/`, 'other=no'];
        response.writeHead(200, { 'Set-Cookie': cookies }).end();
      },
      {
        respond: (_request, response) =>
          void response.writeHead(200, { 'Set-Cookie': ['session=service', 'mine=1'] }).end('ok'),
      },
    );
    const [ann, nobody] = await Promise.all([send('/', [['X-Who', 'ann']]), send('/')]);
    expect(valuesOf(ann.headers, 'set-cookie')).toEqual(['mine=1', 'session=ann; Path=/']);
    expect(valuesOf(nobody.headers, 'set-cookie')).toEqual(['session=service', 'mine=1']);
  });

  it('sends only the listed headers of the request, and none about its connection', async () => {
    const { asked, send } = await start({ authRequestHeaders: ['X-Key', 'Connection'] });
    await send('/', [
      ['X-Key', 'k'],
      ['X-Other', 'o'],
      ['X-Hop', 'h'],
      ['Connection', 'X-Hop'],
    ]);
    const names = asked[0]?.headers.map(([name]) => name.toLowerCase()).sort();
    expect(names).toEqual([
      'connection',
      'host',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-method',
      'x-forwarded-proto',
      'x-forwarded-uri',
      'x-key',
    ]);
    expect(valuesOf(asked[0]?.headers, 'connection')).toEqual(['keep-alive']);
  });

  const said = [
    ['X-Forwarded-For', '192.0.2.1'],
    ['X-Forwarded-Host', 'front.example'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Uri', '/front'],
    ['X-Forwarded-Method', 'PUT'],
    ['X-Forwarded-Prefix', '/p'],
  ] as const;

  it.each([
    [undefined, true, ['127.0.0.1', 'api.example', 'http', '/', 'GET', '/p']],
    [false, true, ['127.0.0.1', 'api.example', 'http', '/', 'GET', undefined]],
    [true, true, ['192.0.2.1, 127.0.0.1', 'front.example', 'https', '/front', 'PUT', '/p']],
    [true, false, ['127.0.0.1', 'api.example', 'http', '/', 'GET', undefined]],
  ])(
    'with trustForwardHeader %j and a trusted caller %j, forwards %j',
    async (trust, isTrusted, expected) => {
      const { asked, send } = await start(
        trust === undefined ? {} : { trustForwardHeader: trust },
        undefined,
        {
          trustedIPs: isTrusted ? ['127.0.0.1'] : [],
        },
      );
      await send('/', said);
      expect(said.map(([name]) => valuesOf(asked[0]?.headers, name).at(0))).toEqual(expected);
    },
  );

  it('sends the body to both, within its limit', async () => {
    const { asked, send } = await start({
      forwardBody: true,
      maxBodySize: 100_000,
      preserveRequestMethod: true,
    });
    for (const body of ['small', 'x'.repeat(100_000)]) {
      expect(await send('/', [], 'POST', body)).toMatchObject({
        status: 200,
        seen: { method: 'POST', body },
      });
      expect(asked.at(-1)).toMatchObject({ method: 'POST', body });
    }
    const refused = await send('/', [], 'POST', 'x'.repeat(100_001));
    expect(refused).toMatchObject({ status: 401, seen: undefined });
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'authentication_body_too_large' });
    expect(asked).toHaveLength(2);
    const chunked = [['Transfer-Encoding', 'chunked']] as const;
    expect(await send('/', chunked, 'PUT', 'parts')).toMatchObject({ status: 200, seen: { body: 'parts' } });
    expect(asked.at(-1)).toMatchObject({ method: 'PUT', body: 'parts' });
    expect((await send('/', chunked, 'PUT', 'x'.repeat(100_001))).status).toBe(401);
    // Without a body there is nothing to buffer.
    expect(await send('/')).toMatchObject({ status: 200, seen: { body: '' } });
  });

  it('does not read the body without forwardBody', async () => {
    const { asked, send } = await start({});
    expect(await send('/', [], 'POST', 'x'.repeat(50_000))).toMatchObject({ status: 200 });
    expect(asked[0]).toMatchObject({ method: 'GET', body: '' });
  });

  it('refuses with 401 when its response is too large', async () => {
    const { send } = await start(
      { maxResponseBodySize: 10 },
      (_request, response) => void response.writeHead(200).end('x'.repeat(11)),
    );
    const refused = await send('/');
    expect(refused).toMatchObject({ status: 401, seen: undefined });
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'authentication_response_too_large' });
  });

  it('refuses with 500 when the server cannot be reached or sends no valid response, and logs why', async () => {
    for (const [respond, reason] of [
      [undefined, /ECONNREFUSED/],
      [(_request: IncomingMessage, { socket }: ServerResponse) => void socket?.destroy(), /connection/],
      [
        (_request: IncomingMessage, { socket }: ServerResponse) => void socket?.end('nonsense\r\n\r\n'),
        /status line/,
      ],
    ] as const) {
      const { gateway, send, server } = await start({}, respond);
      if (respond === undefined) await server.close();
      const refused = await send('/');
      expect(refused).toMatchObject({ status: 500, seen: undefined });
      expect(JSON.parse(refused.body)).toMatchObject({ code: 'authentication_unavailable' });
      expect(refused.body).not.toContain(server.url);
      expect((await gateway.recorded(1)).refusal?.reason).toMatch(reason);
    }
  });

  it('gives up after 30 seconds', async () => {
    const clock = createFakeClock();
    const { asked, send } = await start({}, (_request, response) => void response.write('slow'), {
      stepClock: clock,
    });
    const sent = send('/');
    await until(() => asked.length === 1);
    await clock.advance(31_000);
    expect((await sent).status).toBe(500);
  });

  it('reuses a connection, and repeats the request when the server has closed it', async () => {
    let closes = false;
    const { asked, send, server } = await start({}, (_request, response) => {
      if (closes && asked.length === 3) response.socket?.destroy();
      else response.end();
    });
    await send('/');
    await send('/');
    expect(server.connections).toHaveLength(1);
    closes = true;
    expect((await send('/')).status).toBe(200);
    expect(asked).toHaveLength(4);
  });

  it('reports the user of headerField to the access log and to requestClientID', async () => {
    const { gateway, send } = await start(
      { headerField: 'X-User' },
      (_request, response) => void response.writeHead(200, { 'X-User': 'ann' }).end(),
    );
    await send('/');
    expect((await gateway.recorded(1)).clientUsername).toBe('ann');
  });

  it('trusts only the configured authorities, and presents its certificate', async () => {
    const authority = createTestAuthority();
    const { cert, key } = authority.issue('client');
    const tls = createTlsServer(
      { ...authority.issue('server', ['localhost']), ca: authority.cert, requestCert: true },
      (_request, response) => response.end(),
    );
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void tls.close());
    const address = `https://localhost:${(tls.address() as AddressInfo).port}/`;
    const statusWith = async (options: object): Promise<number> => {
      const { steps } = compileMiddlewares({ one: { forwardAuth: { address, tls: options } } });
      const { send } = await startGatewayWith({}, { steps });
      return (await send('/')).status;
    };
    expect(await statusWith({ ca: authority.cert, cert, key })).toBe(200);
    expect(await statusWith({ insecureSkipVerify: true, cert, key })).toBe(200);
    expect(await statusWith({ cert, key })).toBe(500);
    expect(await statusWith({ ca: authority.cert })).toBe(500);
  });

  it.each([
    ['HTTP/2', true, '2.0'],
    ['HTTP/1.1', false, '1.1'],
  ])('speaks %s with a server that chooses it', async (_, speaksHttp2, expected) => {
    const authority = createTestAuthority();
    const versions: string[] = [];
    const listener = (request: { httpVersion: string }, response: { end: () => unknown }): void => {
      versions.push(request.httpVersion);
      response.end();
    };
    const identity = authority.issue('server', ['localhost']);
    const tls = speaksHttp2 ? createHttp2Server(identity, listener) : createTlsServer(identity, listener);
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void tls.close());
    const address = `https://localhost:${(tls.address() as AddressInfo).port}/`;
    const { steps } = compileMiddlewares({ one: { forwardAuth: { address, tls: { ca: authority.cert } } } });
    const { send } = await startGatewayWith({}, { steps });
    expect((await send('/')).status).toBe(200);
    expect((await send('/')).status).toBe(200);
    expect(versions).toEqual([expected, expected]);
  });

  it('reports each invalid option at its place', () => {
    const { problems } = compileMiddlewares(`
a: { forwardAuth: { address: 'ftp://a/', authResponseHeadersRegex: '(' } }
b: { forwardAuth: { address: 'http://a/', authResponseHeaders: ['a b'], adress: x } }
c: { forwardAuth: { address: 'http://a/', authResponseHeadersRegex: '(' } }
d: { forwardAuth: { address: 'http://a/', tls: { cert: '/no/such/file' } } }
e: { forwardAuth: { address: 'http://a/', forwardBody: true, tls: { caOptional: true } } }
f: { forwardAuth: {} }`);
    expect(problems.map((problem) => problem.replace(/^\d+:\d+ /, ''))).toEqual([
      'a@file.address: expected an http or https URL without user name, password or fragment',
      'b@file.authResponseHeaders[0]: expected the name of a header',
      'b@file.adress: unknown option adress: did you mean address?',
      'c@file.authResponseHeadersRegex: invalid regular expression: missing closing )',
      'd@file.tls.cert: urn:file:/no/such/file: the file /no/such/file cannot be read (ENOENT)',
      'e@file.forwardBody: bodies of any size are buffered in memory: set maxBodySize',
      'e@file.tls.caOptional: caOptional is ignored: Traefik ignores it as well',
      'f@file.address: is required',
    ]);
  });

  it('reads its authorities and its certificate from Secrets of a cluster', () => {
    const authority = createTestAuthority();
    const { cert, key } = authority.issue('client');
    const manifests = (keyOfCa: string): string => `
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: { name: auth, namespace: apps }
spec: { forwardAuth: { address: 'https://auth.example/', tls: { caSecret: ca, certSecret: client } } }
---
apiVersion: v1
kind: Secret
metadata: { name: ca, namespace: apps }
stringData: ${JSON.stringify({ [keyOfCa]: authority.cert })}
---
apiVersion: v1
kind: Secret
metadata: { name: client, namespace: apps }
stringData: ${JSON.stringify({ 'tls.crt': cert, 'tls.key': key })}
`;
    const prepareFrom = (text: string) => {
      const { documents, problems } = parseDocuments(text, 'objects.yaml');
      const sources = { env: {}, realPath: String, readFile: String, entryPoints: undefined };
      return prepare(translate(documents, problems), sources);
    };
    for (const keyOfCa of ['ca.crt', 'tls.ca']) {
      const { steps, problems } = prepareFrom(manifests(keyOfCa));
      expect(problems).toEqual([]);
      expect([...steps.values()].map((step) => forwardAuth.optionsOf(step)?.tls)).toEqual([
        expect.objectContaining({ ca: authority.cert, cert, key }),
      ]);
    }
    expect(prepareFrom(manifests('other')).problems).toMatchObject([
      { path: expect.stringContaining('tls.ca') as string, code: 'missing_secret' },
    ]);
  });
});
