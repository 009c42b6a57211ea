import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { createAuthenticator } from '../create.ts';
import { authOf, oAuthClientCredentials } from './express.ts';
import { as, call, protectedAppTests, hangUp } from './protected-app.testkit.ts';

// The alias has no types; those of version 5 fit the functions in use.
const express4 = createRequire(import.meta.url)('express4') as typeof express;
const tests = protectedAppTests();
const protectWith = (options: { claims?: string; forwardHeaders?: Record<string, string> } = {}) =>
  tests.closeLater(oAuthClientCredentials({ url: tests.server.url, ...options }));

describe.each([
  ['Express 4', express4],
  ['Express 5', express],
])('%s', (_name, create) => {
  it('protects the routes of one application differently', async () => {
    const app = create();
    app.get('/admins', protectWith({ claims: 'Equals(`grp`, `admin`)' }));
    app.get('/all', protectWith({ forwardHeaders: { 'X-Group': 'grp' } }));
    app.get(/^/, (request, response) => {
      response.json({ caller: request.auth?.clientId ?? 'nobody', group: request.get('x-group') });
    });
    const origin = await tests.serve(app);
    const answers = async (path: string, ...ids: string[]) =>
      Promise.all(ids.map((id) => call(`${origin}${path}`, as(id)).then(({ status }) => status)));
    expect(await answers('/admins', 'admin', 'tester', 'unknown')).toEqual([200, 403, 401]);
    expect(await answers('/all', 'admin', 'tester', 'unknown')).toEqual([200, 200, 401]);
    const passed = await call(`${origin}/all`, as('tester'));
    expect(JSON.parse(passed.body)).toEqual({ caller: 'tester', group: 'tester' });
    // Other routes are unchanged.
    const open = await call(`${origin}/open`, { ...as('tester'), 'x-group': 'own' });
    expect(JSON.parse(open.body)).toEqual({ caller: 'nobody', group: 'own' });
  });

  it('sees the URL as nested routers have changed it, and does not change it for later ones', async () => {
    const app = create();
    const inner = create.Router();
    const outer = create.Router();
    inner.use(protectWith());
    inner.get('/:id', ({ url, baseUrl, originalUrl, params, query }, response) => {
      response.json({ url, baseUrl, originalUrl, params, query });
    });
    outer.use('/orders', inner);
    app.use('/v1', outer);
    const { body } = await call(`${await tests.serve(app)}/v1/orders/7?page=2`, as('admin'));
    expect(JSON.parse(body)).toEqual({
      url: '/7?page=2',
      baseUrl: '/v1/orders',
      originalUrl: '/v1/orders/7?page=2',
      params: { id: '7' },
      query: { page: '2' },
    });
  });

  it('leaves an already read body to the handlers', async () => {
    const app = create();
    app.use(create.json(), protectWith());
    app.post('/', (request, response) => void response.json(request.body));
    const origin = await tests.serve(app);
    const send = (id: string) =>
      call(origin, { ...as(id), 'content-type': 'application/json' }, '{"order":7}');
    expect(await send('admin')).toMatchObject({ status: 200, body: '{"order":7}' });
    expect(await send('unknown')).toMatchObject({ status: 401 });
  });

  it('calls no handler for a caller that disconnects during the token request', async () => {
    const app = create();
    const handled: string[] = [];
    let reach = (): void => {};
    let gone: Promise<unknown> | undefined;
    const reached = new Promise<void>((resolve) => (reach = resolve));
    app.use((_request, response, next) => {
      gone ??= once(response, 'close');
      next();
      reach();
    });
    app.use(protectWith(), (request, response) => {
      handled.push(request.url);
      response.end();
    });
    const origin = await tests.serve(app);
    const release = tests.server.hold();
    await hangUp(`${origin}/gone`, as('admin'), reached);
    await gone;
    const next = call(`${origin}/next`, as('admin'));
    release();
    expect((await next).status).toBe(200);
    expect(handled).toEqual(['/next']);
  });
});

describe('middlewares of one authenticator', () => {
  it('share its tokens, and do not close it', async () => {
    const authenticator = tests.closeLater(createAuthenticator({ url: tests.server.url }));
    const [one, two] = [oAuthClientCredentials({ authenticator }), oAuthClientCredentials({ authenticator })];
    const answer = (request: IncomingMessage, response: ServerResponse) => () =>
      response.end(authOf(request).clientId);
    const origin = await tests.serve((request, response) => {
      (request.url === '/one' ? one : two)(request, response, answer(request, response));
    });
    const before = tests.server.tokenRequests.length;
    expect((await call(`${origin}/one`, as('admin'))).body).toBe('admin');
    expect((await call(`${origin}/two`, as('admin'))).body).toBe('admin');
    await one.close();
    expect((await call(`${origin}/two`, as('admin'))).body).toBe('admin');
    expect(tests.server.tokenRequests).toHaveLength(before + 1);
  });
});

describe('many requests over one connection', () => {
  it('cause no warning of Node.js', async () => {
    const warnings: Error[] = [];
    const hear = (warning: Error): void => void warnings.push(warning);
    process.on('warning', hear);
    const middleware = protectWith();
    const origin = await tests.serve((request, response) => {
      middleware(request, response, () => response.end());
    });
    for (let count = 0; count < 50; count += 1) {
      const answers = await Promise.all([
        fetch(origin, { headers: as('admin') }),
        fetch(origin, { headers: as('unknown') }),
        fetch(origin),
      ]);
      for (const answer of answers) await answer.text();
    }
    // Warnings are emitted in a later turn.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', hear);
    expect(warnings).toEqual([]);
  });
});
