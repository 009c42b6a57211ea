import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../../testkit/src/authorization-server.ts';
import { createFakeClock } from '../../testkit/src/fake-clock.ts';
import { json, startScriptedServer, type Script } from '../../testkit/src/scripted-server.ts';
import { startTokenServer, type TokenServer } from '../../testkit/src/token-server.ts';
import { createAuthenticator } from './create.ts';
import { createTestKey, signToken, type TestKey } from './jwt/jwt.testkit.ts';
import { parseClientCredentials } from './options/parse.ts';
import type { ClientCredentialsInput } from './options/schema.ts';
import { unsignedJwt } from './token/token-endpoint.testkit.ts';

const app = { clientId: 'app', clientSecret: 'secret' };
const caller = { authorization: `Basic ${Buffer.from('app:secret').toString('base64')}` };
const audience = 'https://api.example.com';
const claims = 'Equals(`grp`, `admin`)';
let server: AuthorizationServer;
let opaque: TokenServer;
beforeAll(async () => {
  server = await startAuthorizationServer({ clients: [{ ...app, claims: { grp: 'admin' } }] });
  opaque = await startTokenServer([app]);
});
afterAll(() => Promise.all([server.close(), opaque.close()]));

async function script(...steps: Script) {
  const scripted = await startScriptedServer(...steps);
  onTestFinished(() => scripted.close());
  return scripted;
}

/** An authenticator at application level. */
function create(options: Partial<ClientCredentialsInput> & { readonly url: string }) {
  const authenticator = createAuthenticator({ clientConfig: { maxRetries: 0 }, ...options });
  onTestFinished(() => authenticator.close());
  return authenticator;
}

const grant =
  (token: string): Script[number] =>
  (response) =>
    json(response, 200, { access_token: token, token_type: 'Bearer', expires_in: 60 });
const keySet = async (): Promise<unknown> => (await fetch(`${server.issuer}/jwks`)).json();

describe('verify', () => {
  it('lets claims of a signed token decide, and verifies it once', async () => {
    const keys = await keySet();
    const jwks = await script((response) => json(response, 200, keys));
    const { decide } = create({
      url: server.url,
      audience,
      claims,
      verify: { jwksUrl: jwks.url, issuers: server.issuer },
    });
    const decisions = await Promise.all(Array.from({ length: 20 }, async () => decide(caller)));
    expect(decisions[0]).toMatchObject({ allowed: true, subject: { clientId: 'app' } });
    expect(new Set(decisions).size).toBe(1);
    // A hit is synchronous, as without verification.
    expect(decide(caller)).toBe(decisions[0]);
    expect(jwks.requests).toHaveLength(1);
  });

  it('finds the keys by the metadata of the issuer', async () => {
    const { decide } = create({ url: server.url, audience, claims, verify: { issuer: server.issuer } });
    expect(await decide(caller)).toMatchObject({ allowed: true });
  });

  it.each([
    ['unsigned', unsignedJwt({ grp: 'admin', aud: audience, exp: 4_102_444_800 })],
    ['opaque', 'opaque'],
  ])('refuses a token of a broken proxy: %s', async (_what, forged) => {
    const proxy = await script(grant(forged));
    const without = create({ url: proxy.url, claims: forged === 'opaque' ? '' : claims });
    expect(await without.decide(caller)).toMatchObject({ allowed: true });
    const { decide } = create({ url: proxy.url, audience, verify: { issuer: server.issuer } });
    for (let at = 0; at < 2; at += 1)
      expect(await decide(caller)).toMatchObject({
        code: 'token_response_invalid',
        status: 502,
        detail: 'The access token of the authorization server could not be verified.',
      });
  });

  it('refuses a token that the server has signed for another audience, with a reason for operators', async () => {
    const { decide } = create({
      url: server.url,
      audience,
      verify: { issuer: server.issuer, audience: 'other' },
    });
    expect(await decide(caller)).toMatchObject({
      code: 'token_response_invalid',
      clientId: 'app',
      reason: `aud is "${audience}", expected "other"`,
    });
  });

  it('stops trusting a token whose key is withdrawn, and obtains another one', async () => {
    const clock = createFakeClock();
    const [old, next] = [createTestKey('k1'), createTestKey('k2')];
    const signWith = (key: TestKey, kid: string) => signToken(key.privateKey, { header: { kid }, clock });
    let keys = [old.jwk];
    let token = await signWith(old, 'k1');
    const as = await script((response, request) => {
      // The fake clock also counts as the server's.
      response.sendDate = false;
      if (request.url === '/jwks') json(response, 200, { keys });
      else json(response, 200, { access_token: token, token_type: 'Bearer', expires_in: 300 });
    });
    const authenticator = createAuthenticator(
      {
        url: as.url,
        audience: 'api',
        clientConfig: { maxRetries: 0 },
        verify: { jwksUrl: new URL('/jwks', as.url).href, issuers: 'https://as.example/' },
      },
      { clock },
    );
    onTestFinished(() => authenticator.close());
    const decide = async (id: string) =>
      authenticator.decide({ authorization: `Basic ${Buffer.from(`${id}:secret`).toString('base64')}` });
    expect(await decide('one')).toMatchObject({ allowed: true });
    [keys, token] = [[next.jwk], await signWith(next, 'k2')];
    await clock.advance(6_000);
    // The new key is unknown, so the key set is requested again.
    expect(await decide('other')).toMatchObject({ allowed: true });
    expect(await decide('one')).toMatchObject({ allowed: false, status: 502, reason: 'no key for ES256, kid "k1"' });
    expect(await decide('one')).toMatchObject({ allowed: true, setHeaders: ['authorization', `Bearer ${token}`] });
  }); // prettier-ignore

  it('responds 503 while the keys cannot be obtained, and recovers', async () => {
    const keys = await keySet();
    const jwks = await script(
      (response) => json(response, 503, {}, { 'retry-after': '1' }),
      (response) => json(response, 200, keys),
    );
    const url = jwks.url;
    const verify = { jwksUrl: url, issuers: server.issuer };
    const { decide } = create({ url: server.url, audience, claims, verify });
    expect(await decide(caller)).toMatchObject({ status: 503, code: 'authorization_server_unavailable' });
    const again = create({ url: server.url, audience, claims, verify });
    expect(await again.decide(caller)).toMatchObject({ allowed: true });
  });
});

describe('introspection', () => {
  it('lets claims of opaque tokens decide, with one request per token', async () => {
    const { decide } = create({
      url: opaque.url,
      claims: 'Equals(`client_id`, `app`)',
      usernameClaim: 'client_id',
      introspection: { url: opaque.introspectionUrl, ...own },
    });
    const decisions = await Promise.all([decide(caller), decide(caller)]);
    expect(decisions[0]).toMatchObject({ allowed: true, subject: { username: 'app' } });
    expect(decide(caller)).toBe(decisions[0]);
    expect(opaque.requests.filter(({ path }) => path === '/token/introspection')).toHaveLength(1);
  });

  it('refuses a token that the server does not know', async () => {
    const proxy = await script(grant('forged'));
    const { decide } = create({
      url: proxy.url,
      introspection: { url: opaque.introspectionUrl, ...own },
    });
    expect(await decide(caller)).toMatchObject({ code: 'token_response_invalid', status: 502 });
  });
});

const own = { clientID: app.clientId, clientSecret: app.clientSecret };

describe('the options verify and introspection', () => {
  const url = 'https://as.example/token';
  it.each([
    [{ verify: {} }, 'error verify: set either jwksUrl or issuer: the keys of the tokens'],
    [
      { verify: { jwksUrl: url, issuer: 'https://as.example', audience: 'a' } },
      'error verify: set either jwksUrl or issuer: the keys of the tokens',
    ],
    [
      { verify: { issuer: 'nonsense', audience: 'a' } },
      'error verify.issuer: expected an absolute https URL',
    ],
    [
      { verify: { issuer: 'https://as.example' } },
      'warning verify: audience is empty: tokens for other services are accepted',
    ],
    [
      { verify: { jwksUrl: url, audience: 'a' } },
      'warning verify: issuers is empty: tokens of every issuer that signs with these keys are accepted',
    ],
    [
      { introspection: { url } },
      'error introspection.clientID: is required, because at application level the middleware has no client of its own',
    ],
    [
      { introspection: { url, clientID: 'a' } },
      'error introspection.clientID: clientSecret is missing: set both, or neither',
    ],
    [
      {
        introspection: { url, clientID: 'a', clientSecret: 'b' },
        verify: { issuer: 'https://as.example', audience: 'a' },
      },
      'error introspection: excludes verify: tokens are JWTs or opaque',
    ],
  ])('are reported when they are wrong: %j', (options, expected) => {
    const { problems } = parseClientCredentials({ url, ...options });
    expect(
      problems.map(({ severity, path, message }) => `${severity} ${path.join('.')}: ${message}`),
    ).toContain(expected);
  });

  it('are off by default, as in Traefik Hub', () => {
    const { options } = parseClientCredentials({ url });
    expect([options?.verify, options?.introspection]).toEqual([undefined, undefined]);
  });
});
