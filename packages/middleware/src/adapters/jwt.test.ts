import { createHash, createHmac, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestAuthority, type TestCertificate } from '../../../testkit/src/certificates.ts';
import { systemClock } from '../base/clock.ts';
import { OptionsError } from '../errors.ts';
import { createTestKey, signToken } from '../jwt/jwt.testkit.ts';
import { jwt as expressJwt, type JwtMiddlewareOptions } from './express-jwt.ts';
import { jwt as fastifyJwt } from './fastify-jwt.ts';
import { jwt as fetchJwt } from './fetch-jwt.ts';
import { createTestApps, type RunningApp, type SeenCall } from './test-apps.testkit.ts';
import { jwt as honoJwt } from './hono-jwt.ts';
import { createProof, startJwtIssuer, type JwtIssuer } from './jwt-issuer.testkit.ts';
import { jwt as koaJwt } from './koa-jwt.ts';
import { call } from './protected-app.testkit.ts';

const apps = createTestApps<JwtMiddlewareOptions>({
  express: expressJwt,
  fastify: fastifyJwt,
  koa: koaJwt,
  hono: honoJwt,
  fetch: fetchJwt,
});
let issuer: JwtIssuer;
/** Reads and writes. */
let token = '';
let readToken = '';
let testerToken = '';
beforeAll(async () => {
  issuer = await startJwtIssuer();
  [token, readToken, testerToken] = await Promise.all([
    issuer.issue('admin', 'orders:read orders:write'),
    issuer.issue('admin', 'orders:read'),
    issuer.issue('tester', 'orders:read'),
  ]);
});
afterAll(() => issuer.close());

const routes = {
  '/write': { requiredScopes: ['orders:read', 'orders:write'] },
  '/admins': { requireClaims: 'Equals(`grp`, `admin`)' },
  '/sevens': { requireClaims: (claims: Readonly<Record<string, unknown>>) => claims['count'] === 7 },
  '/throws': {
    requireClaims: () => {
      throw new Error('a defect');
    },
  },
  // A promise is a true value.
  '/async': { requireClaims: (async () => Promise.resolve(false)) as unknown as () => boolean },
};
const optionsOf = (more: Partial<JwtMiddlewareOptions> = {}): JwtMiddlewareOptions => ({
  issuer: issuer.url,
  audience: issuer.audience,
  type: 'at+jwt',
  forwardHeaders: { 'X-Group': 'grp' },
  ...more,
});
const bearer = (value: string) => ({ authorization: `Bearer ${value}` });
const seenIn = ({ body }: { readonly body: string }): SeenCall => JSON.parse(body) as SeenCall;

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const stranger = createTestKey('op-1');
const now = Math.floor(Date.now() / 1000);
const usual = () => ({
  iss: issuer.url, aud: issuer.audience, sub: 'admin', client_id: 'admin', jti: 'one', iat: now, exp: now + 300, scope: 'orders:read orders:write', grp: 'admin',
}); // prettier-ignore
const sign = (claims: object = {}, header: object = {}, key = issuer.key) =>
  signToken(key.privateKey, {
    claims: { ...usual(), ...claims },
    header: { kid: 'op-1', ...header },
    clock: systemClock,
  });
const hmac = (secret: string): string => {
  const input = `${part({ alg: 'HS256', typ: 'at+jwt', kid: 'op-1' })}.${part(usual())}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
};
const changed = (text: string): string => {
  const [header = '', , signature = ''] = text.split('.');
  return `${header}.${part({ ...usual(), sub: 'root' })}.${signature}`;
};

/** Tokens that no application may accept, though each is signed, or looks as if it were. */
const forged: readonly (readonly [name: string, make: () => string | Promise<string>])[] = [
  ['alg none', () => `${part({ alg: 'none', typ: 'at+jwt' })}.${part(usual())}.`],
  ['HS256 with the public key', () => hmac(issuer.key.pem)],
  ['another key under the kid of the issuer', () => sign({}, { jwk: stranger.jwk }, stranger)],
  ['an unknown kid', () => sign({}, { kid: 'op-2' })],
  ['a kid with a path', () => sign({}, { kid: '../../../../dev/null' }, stranger)],
  ['a kid with a URL', () => sign({}, { kid: 'https://evil.example/jwks' }, stranger)],
  ['jku and x5u of the forger', () => sign({}, { jku: 'https://evil.example/', x5u: 'https://evil.example/' }, stranger)],
  ['a payload that was changed', () => changed(token)],
  ['an expiry in the past', () => sign({ exp: now - 60 })],
  ['a start in the future', () => sign({ nbf: now + 3600 })],
  ['an issue in the future', () => sign({ iat: now + 3600 })],
  ['no expiry', () => sign({ exp: undefined })],
  ['an ID token in its place', () => sign({ at_hash: 'x' })],
  ['another type', () => sign({}, { typ: 'logout+jwt' })],
  ['another issuer with the same keys', () => sign({ iss: 'https://other.example' })],
  ['another audience', () => sign({ aud: 'https://other.example/' })],
  ['100 KB', () => sign({ filler: 'x'.repeat(8_000) }).then((text) => text.padEnd(15_000, 'x'))],
]; // prettier-ignore

describe.each(apps.map((app) => [app.name, app] as const))('callers with JWTs of %s', (_name, app) => {
  let open: RunningApp;
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    call(`${open.origin}${path}`, headers);
  const statusOf = async (path: string, of = token) => (await get(path, bearer(of))).status;
  beforeAll(async () => {
    open = await app.start(optionsOf({ tokenQueryKey: 'access' }), routes);
  });
  afterAll(() => open.close());

  it('reach the handlers, which see who they are, but no token', async () => {
    const passed = await get('/all?page=2', { ...bearer(token), 'x-group': 'forged' });
    expect(passed.status).toBe(200);
    expect(passed.body).not.toContain(token.split('.')[2]);
    expect(seenIn(passed)).toMatchObject({
      auth: {
        clientId: 'admin',
        subject: 'admin',
        scopes: ['orders:read', 'orders:write'],
        claims: { iss: issuer.url, count: 7 },
        expiresAt: expect.any(Number) as number,
      },
      hasToken: true,
      authorization: null,
      group: 'admin',
      query: { page: '2' },
    });
    const untouched = seenIn(await get('/open', { ...bearer('x'), 'x-group': 'own' }));
    expect(untouched).toMatchObject({ auth: null, authorization: 'Bearer x', group: 'own' });
  });

  it.each([
    [{}, 401, 'token_missing', 'Bearer realm="grantgate"'],
    [{ authorization: 'Basic eDp5' }, 401, 'token_missing', 'Bearer realm="grantgate"'],
    [{ authorization: 'Bearer a b' }, 400, 'token_malformed', expect.stringContaining('error="invalid_request"')],
    [bearer('a.b.c'), 401, 'token_invalid', expect.stringContaining('error="invalid_token"')],
    [bearer('x'.repeat(100_000)), 431, undefined, undefined],
  ] as const)('are refused with %j, as RFC 6750 specifies', async (headers, status, code, challenge) => {
    const refused = await get('/all', { ...headers, 'x-request-id': 'mine' });
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([status, challenge]);
    const problem = code && { type: `urn:grantgate:problem:${code}`, status, code, requestId: 'mine' };
    expect(code && (JSON.parse(refused.body) as object)).toEqual(problem && expect.objectContaining(problem));
    const type = code && 'application/problem+json';
    expect(code && [refused.headers['content-type'], refused.headers['cache-control']]).toEqual(
      code && [type, 'no-store'],
    );
  }); // prettier-ignore

  it.each(forged)('are refused with a forged token: %s', async (_what, make) => {
    const refused = await get('/all', bearer(await make()));
    expect([401, 400]).toContain(refused.status);
    expect(refused.headers['www-authenticate']).toMatch(/^Bearer realm="grantgate", error="invalid_/);
  });

  it.each(['/write', '/both/write'])('need the scopes of %s', async (path) => {
    expect(await statusOf(path)).toBe(200);
    const refused = await get(path, bearer(readToken));
    expect(refused.status).toBe(403);
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'insufficient_scope' });
    expect(refused.headers['www-authenticate']).toMatch(
      /^Bearer .*error="insufficient_scope".*, scope="orders:read orders:write"$/,
    );
    expect((await get(path)).status).toBe(401);
  });

  it.each(['/admins', '/both/admins'])('need the claims of %s', async (path) => {
    expect(await statusOf(path)).toBe(200);
    const refused = await get(path, bearer(testerToken));
    expect([refused.status, JSON.parse(refused.body)]).toMatchObject([403, { code: 'claims_not_satisfied' }]);
    expect(refused.headers['www-authenticate']).toContain('error="insufficient_scope"');
  });

  it('need a function over their claims to return exactly true', async () => {
    expect(await statusOf('/sevens')).toBe(200);
    expect([await statusOf('/throws'), await statusOf('/async')]).toEqual([403, 403]);
  });

  it('may put the token in the query, where handlers do not see it', async () => {
    const seen = seenIn(await get(`/all?page=2&access=${token}`));
    expect(seen).toMatchObject({ auth: { clientId: 'admin' }, query: { page: '2' } });
    expect(JSON.stringify(seen)).not.toContain(token);
    expect((await get(`/all?access=${token}`, bearer(token))).status).toBe(400);
  });

  it('cost one request for keys, for any number of requests and routes', async () => {
    const before = issuer.paths.length;
    const statuses = await Promise.all(['/all', '/write', '/admins', '/all'].map((path) => statusOf(path)));
    expect(statuses).toEqual([200, 200, 200, 200]);
    expect(open.middleware.purge('admin')).toBeGreaterThan(0);
    expect(await statusOf('/all')).toBe(200);
    expect(issuer.paths).toHaveLength(before);
  });

  it('present proofs of the keys that their tokens are bound to, each once', async () => {
    const bound = await app.start(optionsOf({ requireBinding: 'dpop' }), routes);
    const key = createTestKey();
    const value = await issuer.issue('admin', 'orders:read orders:write', key);
    const send = async (path: string, dpop: string) =>
      call(`${bound.origin}${path}`, { authorization: `DPoP ${value}`, dpop });
    const proof = await createProof(key, 'GET', `${bound.origin}/both/write`, value);
    expect((await send('/both/write?page=2', proof)).status).toBe(200);
    const replayed = await send('/both/write', proof);
    expect([replayed.status, replayed.headers['www-authenticate']]).toEqual([
      401,
      expect.stringMatching(/^DPoP .*error="invalid_dpop_proof"/),
    ]);
    const elsewhere = await createProof(key, 'GET', 'https://other.example/all', value);
    expect((await send('/all', elsewhere)).status).toBe(401);
    expect((await call(`${bound.origin}/all`, bearer(value))).status).toBe(401);
    await bound.close();
  });

  it('present the certificates that their tokens are bound to', async () => {
    const authority = createTestAuthority();
    const [own, stolen] = [authority.issue('own'), authority.issue('stolen')];
    const bound = await app.start(optionsOf({ requireBinding: 'certificate' }), routes, {
      ...authority.issue('localhost', ['127.0.0.1']),
      ca: authority.cert,
      requestCert: true,
    });
    const x5t = createHash('sha256').update(new X509Certificate(own.cert).raw).digest('base64url');
    const value = await sign({ cnf: { 'x5t#S256': x5t } });
    const send = async (certificate: TestCertificate) => {
      const options = { ca: authority.cert, ...certificate, agent: false, headers: bearer(value) };
      const [response] = (await once(httpsGet(`${bound.origin}/all`, options), 'response')) as [
        IncomingMessage,
      ];
      response.resume();
      return response.statusCode;
    };
    // A proof needs facts that every framework exposes.
    expect([await send(own), await send(stolen)]).toEqual([app.knowsConnections ? 200 : 401, 401]);
    await bound.close();
  });

  it('are refused through the error handling of the framework if so configured', async () => {
    const other = await app.start(
      optionsOf({
        refusals: 'error',
        requiredScopes: 'orders:write',
        realm: 'shop',
        resourceMetadata: 'https://api.example/m',
      }),
      routes,
    );
    const missing = await call(`${other.origin}/all`);
    expect([missing.status, missing.headers['www-authenticate']]).toEqual([
      401,
      'Bearer realm="shop", resource_metadata="https://api.example/m"',
    ]);
    const refused = await call(`${other.origin}/all`, bearer(readToken));
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([
      403,
      expect.stringContaining('scope="orders:write"'),
    ]);
    expect((await call(`${other.origin}/admins`, bearer(readToken))).status).toBe(403);
    expect((await call(`${other.origin}/all`, bearer(token))).status).toBe(200);
    await other.close();
  });

  it('get 503 with Retry-After, without a wait, when the keys are unavailable', async () => {
    const other = await app.start(
      { jwksUrl: 'http://127.0.0.1:9/jwks', issuers: [issuer.url], audience: [], clientConfig: { maxRetries: 0 }, onKeys: () => {} },
      routes,
    ); // prettier-ignore
    const refused = await call(`${other.origin}/all`, bearer(token));
    expect([refused.status, refused.headers['retry-after']]).toEqual([
      503,
      expect.stringMatching(/^[1-9]\d*$/),
    ]);
    await other.close();
  });

  it('are never served with invalid options, whose problems are reported at once', async () => {
    const problemsOf = (error: unknown) =>
      (error as OptionsError).problems.map(({ path, code }) => [path.join('.'), code]);
    const wrong = { issuer: issuer.url, refusals: 'throw', requiredScopes: [], origin: 'x' } as never;
    const failed: unknown = await app.start(wrong, {}).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(OptionsError);
    expect(problemsOf(failed).sort()).toEqual([
      ['audience', 'missing_option'],
      ['origin', 'invalid_value'],
      ['refusals', 'invalid_value'],
      ['requiredScopes', 'invalid_value'],
    ]);
    const route = { requiredScopes: undefined, requireClaims: 'Equals(', requires: 1 } as never;
    const refused: unknown = await app.start(optionsOf(), { '/x': route }).catch((error: unknown) => error);
    expect(problemsOf(refused).sort()).toEqual([
      ['requireClaims', 'invalid_expression'],
      ['requiredScopes', 'missing_option'],
      ['requires', 'unknown_option'],
    ]);
  });
});
