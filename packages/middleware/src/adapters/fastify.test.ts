import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { oAuthClientCredentials } from './fastify.ts';
import { as, call, protectedAppTests } from './protected-app.testkit.ts';

const tests = protectedAppTests();
const url = (app: { server: { address(): unknown } }, path: string): string =>
  `http://127.0.0.1:${(app.server.address() as { port: number }).port}${path}`;
const listen = { port: 0, host: '127.0.0.1' };

describe('the Fastify plugin', () => {
  it('protects the scope in which it is registered, each with its own options, and no route outside', async () => {
    const app = tests.closeLater(Fastify());
    app.get('/open', (request) => Promise.resolve({ auth: request.auth ?? null }));
    await app.register(async (scope) => {
      await scope.register(oAuthClientCredentials, {
        url: tests.server.url,
        claims: 'Equals(`grp`, `admin`)',
      });
      scope.get('/admins', (request) => Promise.resolve(request.auth?.clientId));
      await scope.register(async (within) => {
        await Promise.resolve();
        within.get('/within', (request) => Promise.resolve(request.auth?.clientId));
      });
    });
    await app.register(async (scope) => {
      await scope.register(oAuthClientCredentials, { url: tests.server.url });
      scope.get('/all', (request) => Promise.resolve(request.auth?.clientId));
    });
    await app.listen(listen);
    const statuses = async (id: string) =>
      Promise.all(
        ['/open', '/admins', '/within', '/all'].map(
          async (path) => (await call(url(app, path), as(id))).status,
        ),
      );
    expect(await statuses('admin')).toEqual([200, 200, 200, 200]);
    expect(await statuses('tester')).toEqual([200, 403, 403, 200]);
    expect(await statuses('unknown')).toEqual([200, 401, 401, 401]);
    expect((await call(url(app, '/open'), as('admin'))).body).toBe('{"auth":null}');
  });

  it('runs between the hooks before and after it, ahead of the body and of validation', async () => {
    const app = tests.closeLater(Fastify());
    let order: string[] = [];
    app.addHook('onRequest', async (request) => {
      order.push(`before ${request.auth?.clientId}`);
      return Promise.resolve();
    });
    await app.register(oAuthClientCredentials, { url: tests.server.url });
    app.addHook('onRequest', async (request) => {
      order.push(`after ${request.auth?.clientId}`);
      return Promise.resolve();
    });
    app.addHook('preParsing', async () => Promise.resolve(void order.push('body')));
    app.post('/', { schema: { body: { type: 'object', required: ['order'] } } }, (request) =>
      Promise.resolve(request.body),
    );
    await app.listen(listen);
    const json = { 'content-type': 'application/json' };
    expect(await call(url(app, '/'), { ...as('admin'), ...json }, '{"order":7}')).toMatchObject({
      status: 200,
      body: '{"order":7}',
    });
    expect(order).toEqual(['before undefined', 'after admin', 'body']);
    order = [];
    // Refused for its credentials, not for its body.
    expect((await call(url(app, '/'), { ...as('unknown'), ...json }, 'no JSON')).status).toBe(401);
    expect(order).toEqual(['before undefined']);
  });

  it('shows a refusal to onSend, onResponse and the log like any response, and to no error handler', async () => {
    const lines: string[] = [];
    const logger = { level: 'info', stream: { write: (line: string) => void lines.push(line) } };
    const app = tests.closeLater(Fastify({ logger }));
    const seen: unknown[] = [];
    app.setErrorHandler((error) => {
      seen.push(error);
      return 'an error';
    });
    app.addHook('onSend', async (_request, reply, payload) => {
      seen.push(['onSend', reply.statusCode, (JSON.parse(String(payload)) as { code: string }).code]);
      return Promise.resolve(void reply.header('x-seen', 'yes'));
    });
    app.addHook('onResponse', async (_request, reply) =>
      Promise.resolve(void seen.push(['onResponse', reply.statusCode])),
    );
    await app.register(oAuthClientCredentials, { url: tests.server.url });
    app.get('/', () => Promise.resolve('never'));
    await app.listen(listen);
    const refused = await call(url(app, '/'), as('unknown'));
    expect(refused).toMatchObject({
      status: 401,
      headers: { 'x-seen': 'yes', 'content-type': 'application/problem+json' },
    });
    await app.close();
    expect(seen).toEqual([
      ['onSend', 401, 'credentials_refused'],
      ['onResponse', 401],
    ]);
    const logged = lines.map((line) => JSON.parse(line) as { res?: { statusCode: number } });
    expect(logged.filter(({ res }) => res !== undefined)).toMatchObject([{ res: { statusCode: 401 } }]);
    expect(lines.join('')).not.toContain(as('unknown').authorization);
    expect(lines.join('')).not.toContain('unknown-secret');
  });

  it('reports problems of its options when the application gets ready', async () => {
    const app = Fastify();
    void app.register(oAuthClientCredentials, { url: 'nowhere', claims: 'Equals(' });
    await expect(app.ready()).rejects.toMatchObject({ code: 'options_invalid' });
  });
});
