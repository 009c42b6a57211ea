import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import Koa from 'koa';
import { describe, expect, it } from 'vitest';
import type { AuthState, KoaMiddleware } from './koa.ts';
import { oAuthClientCredentials } from './koa.ts';
import { as, call, protectedAppTests, hangUp } from './protected-app.testkit.ts';

const tests = protectedAppTests();
const protectWith = (options: { claims?: string } = {}): KoaMiddleware =>
  tests.closeLater(oAuthClientCredentials({ url: tests.server.url, ...options }));
const serve = (app: Koa): Promise<string> => {
  const handle = app.callback();
  return tests.serve((request, response) => void handle(request, response));
};

describe('the Koa middleware', () => {
  it('lets earlier middleware see and change its refusal, and emits no error', async () => {
    const app = new Koa();
    const seen: unknown[] = [];
    app.on('error', (error) => seen.push(error));
    app.use(async (ctx, next) => {
      ctx.set('x-request-id', 'mine');
      await next();
      seen.push([ctx.status, ctx.type, (JSON.parse(String(ctx.body)) as { requestId: string }).requestId]);
      ctx.set('x-seen', 'yes');
    });
    app.use(protectWith());
    app.use((ctx) => {
      seen.push(ctx.path);
    });
    const refused = await call(await serve(app), as('unknown'));
    expect(refused).toMatchObject({ status: 401, headers: { 'x-seen': 'yes', 'x-request-id': 'mine' } });
    expect(seen).toEqual([[401, 'application/problem+json', 'mine']]);
  });

  it('lets earlier middleware await later middleware, and catch its errors', async () => {
    const app = new Koa();
    const order: unknown[] = [];
    app.use(async (_ctx, next) => {
      await next().catch((error: unknown) => order.push((error as Error).message));
      order.push('end');
    });
    app.use(protectWith());
    app.use(async (ctx) => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push((ctx.state as AuthState).auth.clientId);
      ctx.body = 'ok';
      if (ctx.path === '/broken') throw new Error('broken');
    });
    const origin = await serve(app);
    // First from the authorization server, then from memory.
    for (const path of ['/', '/', '/broken']) await call(`${origin}${path}`, as('admin'));
    expect(order).toEqual(['admin', 'end', 'admin', 'end', 'admin', 'broken', 'end']);
  });

  it('leaves an already read body unchanged', async () => {
    const app = new Koa();
    app.use(async (ctx, next) => {
      ctx.state['body'] = await text(ctx.req);
      await next();
    });
    app.use(protectWith()).use((ctx) => {
      ctx.body = String(ctx.state['body']);
    });
    const origin = await serve(app);
    expect(await call(origin, as('admin'), 'an order')).toMatchObject({ status: 200, body: 'an order' });
  });

  it('raises no error for a caller that disconnects during the token request', async () => {
    const app = new Koa();
    const errors: unknown[] = [];
    app.on('error', (error) => errors.push(error));
    app.use(protectWith()).use((ctx) => {
      ctx.body = 'ok';
    });
    const handle = app.callback();
    let reach = (): void => {};
    let gone: Promise<unknown> | undefined;
    const reached = new Promise<void>((resolve) => (reach = resolve));
    const origin = await tests.serve((request: IncomingMessage, response: ServerResponse) => {
      gone ??= once(response, 'close');
      void handle(request, response);
      reach();
    });
    const release = tests.server.hold();
    await hangUp(origin, as('tester'), reached);
    await gone;
    const next = call(origin, as('tester'));
    release();
    expect((await next).status).toBe(200);
    expect(errors).toEqual([]);
  });
});
