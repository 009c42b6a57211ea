import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { requestId } from 'hono/request-id';
import { describe, expect, it } from 'vitest';
import { oAuthClientCredentials as protectFetch } from './fetch.ts';
import { as, call, protectedAppTests } from './protected-app.testkit.ts';
import { oAuthClientCredentials } from './hono.ts';

const tests = protectedAppTests();
const protectWith = (options: { claims?: string } = {}) =>
  tests.closeLater(oAuthClientCredentials({ url: tests.server.url, ...options }));
const serve = (fetch: (request: Request) => Response | Promise<Response>): Promise<string> => {
  const listener = getRequestListener(fetch);
  return tests.serve((request, response) => void listener(request, response));
};

describe('the Hono middleware', () => {
  it('lets earlier middleware see and change its refusal, which has the ID of the request', async () => {
    const app = new Hono();
    const seen: unknown[] = [];
    app.use(requestId({ generator: () => 'mine' }));
    app.use(async (c, next) => {
      await next();
      seen.push(c.res.status);
      c.header('x-seen', 'yes');
    });
    app.use(protectWith());
    app.get('/', (c) => c.text('never'));
    const refused = await call(await serve((request) => app.fetch(request)), as('unknown'));
    expect(refused).toMatchObject({ status: 401, headers: { 'x-seen': 'yes', 'x-request-id': 'mine' } });
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'credentials_refused', requestId: 'mine' });
    expect(seen).toEqual([401]);
  });

  it('protects the routes of one application differently, nested ones too', async () => {
    const orders = new Hono().use(protectWith({ claims: 'Equals(`grp`, `admin`)' }));
    orders.get('/:id', (c) =>
      c.json({ caller: c.get('auth').clientId, id: c.req.param('id'), path: c.req.path }),
    );
    const app = new Hono().route('/v1/orders', orders);
    app.get('/all', protectWith(), (c) => c.text(c.get('auth').clientId));
    app.get('/open', (c) => c.text(String(c.get('auth') as unknown)));
    const origin = await serve((request) => app.fetch(request));
    expect(JSON.parse((await call(`${origin}/v1/orders/7`, as('admin'))).body)).toEqual({
      caller: 'admin',
      id: '7',
      path: '/v1/orders/7',
    });
    expect((await call(`${origin}/v1/orders/7`, as('tester'))).status).toBe(403);
    expect((await call(`${origin}/all`, as('tester'))).body).toBe('tester');
    expect((await call(`${origin}/open`, as('tester'))).body).toBe('undefined');
  });

  it('leaves an already read body to the handlers', async () => {
    const app = new Hono();
    app.use(bodyLimit({ maxSize: 100 }));
    app.use('/json', async (c, next) => {
      await c.req.json();
      await next();
    });
    app.use(protectWith());
    app.post('/json', async (c) => c.json(await c.req.json()));
    app.post('/text', async (c) => c.text(await c.req.text()));
    const origin = await serve((request) => app.fetch(request));
    const answers = ['/json', '/text'].map((path) => call(`${origin}${path}`, as('admin'), '{"order":7}'));
    for (const answer of await Promise.all(answers))
      expect(answer).toMatchObject({ status: 200, body: '{"order":7}' });
  });
});

describe('a protected Fetch handler', () => {
  it('receives the request without a body when that was read before', async () => {
    const middleware = tests.closeLater(protectFetch({ url: tests.server.url }));
    const handler = middleware((request, auth) => new Response(`${auth.clientId} ${request.body === null}`));
    const request = new Request('http://localhost/', { method: 'POST', body: 'x', headers: as('admin') });
    await request.text();
    expect(await (await handler(request)).text()).toBe('admin true');
  });
});
