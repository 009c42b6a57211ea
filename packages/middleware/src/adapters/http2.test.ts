import { once } from 'node:events';
import type { ClientHttp2Session, IncomingHttpHeaders, Http2SecureServer } from 'node:http2';
import { connect, createSecureServer } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import Fastify from 'fastify';
import Koa from 'koa';
import { afterEach, describe, expect, it } from 'vitest';
import { createTestAuthority } from '../../../testkit/src/certificates.ts';
import { authOf, oAuthClientCredentials } from './express.ts';
import { oAuthClientCredentials as fastifyMiddleware } from './fastify.ts';
import { as, protectedAppTests } from './protected-app.testkit.ts';
import { oAuthClientCredentials as koaMiddleware } from './koa.ts';

const tests = protectedAppTests();
const authority = createTestAuthority();
const tls = { ...authority.issue('localhost', ['127.0.0.1']), allowHTTP1: true };
let server: Http2SecureServer;
let session: ClientHttp2Session | undefined;
afterEach(async () => {
  session?.destroy();
  await new Promise((resolve) => server.close(resolve));
});
const options = () => ({ url: tests.server.url, forwardHeaders: { 'X-Group': 'grp' } });

async function open(): Promise<ClientHttp2Session> {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  session = connect(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, { ca: authority.cert });
  return session;
}

async function call(headers: Readonly<Record<string, string | string[]>>) {
  const stream = session!.request({ ':path': '/orders', ...headers });
  const [answered] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status': number }];
  return { status: answered[':status'], headers: answered, body: await text(stream) };
}

const refused = {
  status: 401,
  headers: {
    'content-type': 'application/problem+json',
    'www-authenticate': 'Basic realm="grantgate", charset="UTF-8"',
  },
};

describe('over HTTP/2', () => {
  it('node:http2 is protected like node:http, and so is HTTP/1.1 on the same port', async () => {
    const middleware = tests.closeLater(oAuthClientCredentials(options()));
    server = createSecureServer(tls, (request, response) => {
      middleware(request, response, () => {
        const { headers, rawHeaders } = request;
        const several = rawHeaders.filter((name) => /^x.group$/i.test(name)).length;
        response.end(
          JSON.stringify([authOf(request).clientId, headers['x-group'], several, headers[':path']]),
        );
      });
    });
    await open();
    const passed = await call({ ...as('admin'), 'x-group': 'root', x_group: 'root' });
    expect(passed).toMatchObject({ status: 200, body: '["admin","admin",1,"/orders"]' });
    expect(await call({})).toMatchObject(refused);
    const older = httpsRequest(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      agent: false,
      ca: authority.cert,
      headers: as('tester'),
    }).end();
    const [answer] = (await once(older, 'response')) as [Parameters<typeof text>[0]];
    expect(await text(answer)).toBe('["tester","tester",1,null]');
  });

  it('no handler is called for a caller that has disconnected', async () => {
    const middleware = tests.closeLater(oAuthClientCredentials(options()));
    const handled: unknown[] = [];
    server = createSecureServer(tls, (request, response) => {
      middleware(request, response, () => {
        handled.push(request.url);
        response.end();
      });
    });
    await open();
    const release = tests.server.hold();
    const arrived = once(server, 'request') as Promise<[unknown, { stream: NodeJS.EventEmitter }]>;
    const gone = session!.request({ ':path': '/gone', ...as('admin') }).on('error', () => {});
    const closed = once((await arrived)[1].stream, 'close');
    gone.close(8);
    await closed;
    const next = call(as('admin'));
    release();
    expect((await next).status).toBe(200);
    expect(handled).toEqual(['/orders']);
  });

  it('Fastify is protected', async () => {
    const app = Fastify({ http2: true, https: tls });
    await app.register(fastifyMiddleware, options());
    app.get('/orders', (request) => Promise.resolve([request.auth?.clientId, request.headers['x-group']]));
    await app.listen({ port: 0, host: '127.0.0.1' });
    ({ server } = app);
    await open();
    expect(await call({ ...as('admin'), 'x-group': 'root' })).toMatchObject({ body: '["admin","admin"]' });
    expect(await call({})).toMatchObject(refused);
    session?.destroy();
    await app.close();
  });

  it('Koa is protected', async () => {
    const app = new Koa().use(tests.closeLater(koaMiddleware(options())));
    app.use((ctx) => {
      ctx.body = [ctx.state['auth'].clientId, ctx.get('x-group')];
    });
    const handle = app.callback();
    server = createSecureServer(tls, (request, response) => void handle(request, response));
    await open();
    expect(await call({ ...as('admin'), 'x-group': 'root' })).toMatchObject({ body: '["admin","admin"]' });
    expect(await call({})).toMatchObject(refused);
  });
});
