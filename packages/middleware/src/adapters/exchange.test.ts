import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startTokenServer, type TokenServer } from '../../../testkit/src/token-server.ts';
import { OptionsError } from '../errors.ts';
import { oAuthTokenExchange as forExpress, type ExchangeMiddlewareOptions } from './express-exchange.ts';
import { oAuthIntrospection } from './express-introspection.ts';
import { oAuthTokenExchange as forFastify } from './fastify-exchange.ts';
import { oAuthTokenExchange as forFetch } from './fetch-exchange.ts';
import { oAuthTokenExchange as forHono } from './hono-exchange.ts';
import { oAuthTokenExchange as forKoa } from './koa-exchange.ts';
import { call } from './protected-app.testkit.ts';
import { createTestApps, type RunningApp, type SeenCall } from './test-apps.testkit.ts';

const apps = createTestApps<ExchangeMiddlewareOptions>({
  express: forExpress,
  fastify: forFastify,
  koa: forKoa,
  hono: forHono,
  fetch: forFetch,
});
const own = { clientId: 'api', clientSecret: 'api-secret' };
const caller = { clientId: 'admin', clientSecret: 'admin-secret' };
const other = { clientId: 'other', clientSecret: 'other-secret' };
let server: TokenServer;
let token = '';
let otherToken = '';
beforeAll(async () => {
  server = await startTokenServer([own, caller, other]);
  token = await server.issue(caller);
  otherToken = await server.issue(other);
});
afterAll(() => server.close());

const exchanges = () => server.requests.filter(({ path }) => path === '/token').length;
const routes = {
  '/write': { requiredScopes: ['orders:write'] },
  '/admins': { requireClaims: 'Equals(`sub`, `admin`)' },
};
const optionsOf = (more: Partial<ExchangeMiddlewareOptions> = {}): ExchangeMiddlewareOptions => ({
  url: server.url,
  clientID: own.clientId,
  clientSecret: own.clientSecret,
  rfc8693: { audience: 'urn:orders' },
  forwardHeaders: { 'X-Group': 'sub' },
  ...more,
});
const bearer = (value: string) => ({ authorization: `Bearer ${value}` });
const seenIn = ({ body }: { readonly body: string }): SeenCall => JSON.parse(body) as SeenCall;

describe.each(apps.map((app) => [app.name, app] as const))('callers whose tokens %s exchanges', (_name, app) => {
  let open: RunningApp;
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    call(`${open.origin}${path}`, headers);
  beforeAll(async () => {
    const tokenSource = { header: 'Authorization', headerAuthScheme: 'Bearer', query: 'access' };
    open = await app.start(optionsOf({ tokenSource }), routes);
  });
  afterAll(() => open.close());

  it('reach the handlers with an exchanged token, and not with their own', async () => {
    const before = exchanges();
    const headers = { ...bearer(token), 'x-group': 'forged' };
    const answers = await Promise.all(Array.from({ length: 20 }, () => get('/all', headers)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(exchanges()).toBe(before + 1);
    expect(answers[0]!.body).not.toContain(token);
    const seen = seenIn(answers[0]!);
    expect(seen).toMatchObject({
      auth: { subject: 'admin', scopes: ['orders:read'], claims: { aud: 'urn:orders', client_id: 'api' } },
      hasToken: true,
      group: 'admin',
    });
    expect(seen.authorization).toMatch(/^Bearer eyJ/);
    const another = seenIn(await get('/all', bearer(otherToken)));
    expect([another.auth?.subject, another.group]).toEqual(['other', 'other']);
  });

  it('may put the token in the query, where handlers do not see it', async () => {
    const seen = seenIn(await get(`/all?page=2&access=${token}`));
    expect(seen).toMatchObject({ auth: { subject: 'admin' }, query: { page: '2' } });
    expect(JSON.stringify(seen)).not.toContain(token);
  });

  it('need the scopes and claims of a route', async () => {
    expect((await get('/admins', bearer(token))).status).toBe(200);
    expect((await get('/both/admins', bearer(token))).status).toBe(200);
    expect((await get('/admins', bearer(otherToken))).status).toBe(403);
    const refused = await get('/write', bearer(token));
    expect([refused.status, JSON.parse(refused.body)]).toMatchObject([403, { code: 'insufficient_scope' }]);
  });

  it('are refused when the server does not exchange their token, or it is missing', async () => {
    const refused = await get('/all', bearer('guess'));
    expect([refused.status, JSON.parse(refused.body)]).toMatchObject([401, { code: 'token_invalid' }]);
    expect(refused.headers['www-authenticate']).toMatch(/^Bearer realm="grantgate", error="invalid_token"/);
    expect((await get('/all')).headers['www-authenticate']).toBe('Bearer realm="grantgate"');
  });

  it('get 503 while the server is down', async () => {
    const down = await app.start(
      optionsOf({ url: 'http://127.0.0.1:9/token', clientConfig: { maxRetries: 0 } }),
      routes,
    );
    expect((await call(`${down.origin}/all`, bearer(token))).status).toBe(503);
    await down.close();
  });

  it('are never served with invalid options', async () => {
    const failed: unknown = await app
      .start({ method: 'entraID', refusals: 'x' } as never, {})
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(OptionsError);
    const paths = (failed as OptionsError).problems.map(({ path }) => path.join('.'));
    expect(paths).toEqual(expect.arrayContaining(['url', 'clientID', 'entraID.scopes', 'refusals']));
  });
}); // prettier-ignore

it('exchanges the token that an earlier middleware verified and removed from the request', async () => {
  const client = { clientID: own.clientId, clientSecret: own.clientSecret };
  const first = oAuthIntrospection({ clientConfig: { url: server.introspectionUrl }, ...client });
  const second = forExpress(optionsOf());
  const app = express()
    .use(first, second)
    .get('/', (request, response) => {
      response.json({ subject: request.auth?.subject, authorization: request.headers.authorization });
    });
  const listening = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => listening.once('listening', resolve));
  onTestFinished(async () => {
    listening.close();
    await Promise.all([first.close(), second.close()]);
  });
  const answer = await call(`http://127.0.0.1:${(listening.address() as AddressInfo).port}/`, bearer(token));
  expect(JSON.parse(answer.body)).toMatchObject({
    subject: 'admin',
    authorization: expect.stringMatching(/^Bearer eyJ/) as string,
  });
});
