import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTokenServer, type TokenServer } from '../../../testkit/src/token-server.ts';
import { OptionsError } from '../errors.ts';
import {
  oAuthIntrospection as forExpress,
  type IntrospectionMiddlewareOptions,
} from './express-introspection.ts';
import { oAuthIntrospection as forFastify } from './fastify-introspection.ts';
import { oAuthIntrospection as forFetch } from './fetch-introspection.ts';
import { oAuthIntrospection as forHono } from './hono-introspection.ts';
import { oAuthIntrospection as forKoa } from './koa-introspection.ts';
import { call } from './protected-app.testkit.ts';
import { createTestApps, type RunningApp, type SeenCall } from './test-apps.testkit.ts';

const apps = createTestApps<IntrospectionMiddlewareOptions>({
  express: forExpress,
  fastify: forFastify,
  koa: forKoa,
  hono: forHono,
  fetch: forFetch,
});
const own = { clientId: 'api', clientSecret: 'api-secret' };
const caller = { clientId: 'admin', clientSecret: 'admin-secret' };
let server: TokenServer;
/** Reads and writes. */
let token = '';
let readToken = '';
beforeAll(async () => {
  server = await startTokenServer([own, caller]);
  token = await server.issue(caller, 3600, 'orders:read orders:write');
  readToken = await server.issue(own, 3600, 'orders:read');
});
afterAll(() => server.close());

const routes = {
  '/write': { requiredScopes: ['orders:write'] },
  '/admins': { requireClaims: 'Equals(`client_id`, `admin`)' },
};
const optionsOf = (more: Partial<IntrospectionMiddlewareOptions> = {}): IntrospectionMiddlewareOptions => ({
  clientConfig: { url: server.introspectionUrl },
  clientID: own.clientId,
  clientSecret: own.clientSecret,
  forwardHeaders: { 'X-Group': 'client_id' },
  ...more,
});
const bearer = (value: string) => ({ authorization: `Bearer ${value}` });
const seenIn = ({ body }: { readonly body: string }): SeenCall => JSON.parse(body) as SeenCall;

describe.each(apps.map((app) => [app.name, app] as const))('callers with opaque tokens of %s', (_name, app) => {
  let open: RunningApp;
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    call(`${open.origin}${path}`, headers);
  beforeAll(async () => {
    const tokenSource = { header: 'Authorization', headerAuthScheme: 'Bearer', query: 'access', cookie: 'session' };
    open = await app.start(optionsOf({ tokenSource }), routes);
  });
  afterAll(() => open.close());

  it("reach the handlers, which see the server's response but no token", async () => {
    const before = server.requests.length;
    const answers = await Promise.all(Array.from({ length: 20 }, () => get('/all', { ...bearer(token), 'x-group': 'forged' })));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(server.requests).toHaveLength(before + 1);
    expect(answers[0]!.body).not.toContain(token);
    expect(seenIn(answers[0]!)).toMatchObject({
      auth: { clientId: 'admin', scopes: ['orders:read', 'orders:write'], claims: { active: true, client_id: 'admin' } },
      hasToken: true,
      authorization: null,
      group: 'admin',
    });
  });

  it('may put the token in the query or a cookie, where handlers do not see it', async () => {
    const inQuery = seenIn(await get(`/all?page=2&access=${token}`));
    expect(inQuery).toMatchObject({ auth: { clientId: 'admin' }, query: { page: '2' }, cookie: null });
    const inCookie = seenIn(await get('/all', { cookie: `theme=dark; session=${token}` }));
    expect(inCookie).toMatchObject({ auth: { clientId: 'admin' }, cookie: 'theme=dark' });
    expect(JSON.stringify([inQuery, inCookie])).not.toContain(token);
  });

  it.each(['/write', '/both/write'])('need the scopes of %s', async (path) => {
    expect((await get(path, bearer(token))).status).toBe(200);
    const refused = await get(path, bearer(readToken));
    expect([refused.status, JSON.parse(refused.body)]).toMatchObject([403, { code: 'insufficient_scope' }]);
    expect(refused.headers['www-authenticate']).toMatch(/error="insufficient_scope".*, scope="orders:write"$/);
  });

  it('need the claims of a route', async () => {
    const statuses = await Promise.all([token, readToken].map(async (one) => (await get('/admins', bearer(one))).status));
    expect(statuses).toEqual([200, 403]);
  });

  it('are refused when their token is unknown or revoked', async () => {
    const revoked = await server.issue(caller);
    await server.revoke(caller, revoked);
    for (const value of [revoked, 'guess']) {
      const refused = await get('/all', bearer(value));
      expect([refused.status, JSON.parse(refused.body)]).toMatchObject([401, { code: 'token_invalid' }]);
      expect(refused.headers['www-authenticate']).toMatch(/^Bearer realm="grantgate", error="invalid_token"/);
    }
  });

  it('are introspected again after a purge', async () => {
    expect((await get('/all', bearer(token))).status).toBe(200);
    const before = server.requests.length;
    expect(open.middleware.purge('admin')).toBeGreaterThan(0);
    expect((await get('/all', bearer(token))).status).toBe(200);
    expect(server.requests).toHaveLength(before + 1);
  });

  it('are refused through the error handling of the framework if so configured', async () => {
    const other = await app.start(optionsOf({ refusals: 'error', realm: 'shop' }), routes);
    const missing = await call(`${other.origin}/all`);
    expect([missing.status, missing.headers['www-authenticate']]).toEqual([401, 'Bearer realm="shop"']);
    await other.close();
  });

  it('get 503 while the server is down', async () => {
    const clientConfig = { url: 'http://127.0.0.1:9/introspect', maxRetries: 0 };
    const other = await app.start(optionsOf({ clientConfig }), routes);
    const refused = await call(`${other.origin}/all`, bearer(token));
    expect([refused.status, Number(refused.headers['retry-after']) > 0]).toEqual([503, true]);
    await other.close();
  });

  it('are never served with invalid options', async () => {
    const wrong = { clientConfig: {}, clientSecret: 'urn:env:X', refusals: 'x' } as never;
    const failed: unknown = await app.start(wrong, {}).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(OptionsError);
    const paths = (failed as OptionsError).problems.map(({ path }) => path.join('.'));
    expect(paths).toEqual(expect.arrayContaining(['clientConfig.url', 'clientSecret', 'refusals']));
  });
}); // prettier-ignore
