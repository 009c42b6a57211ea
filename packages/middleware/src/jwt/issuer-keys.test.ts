import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Provider } from '../../../testkit/src/oidc-provider.ts';
import { systemClock } from '../base/clock.ts';
import { createTestAuthenticator, createTestKey, requestWith, signToken } from './jwt.testkit.ts';

const audience = 'https://orders.example/';
const key = createTestKey('op-1');
const closing: (() => unknown)[] = [];
let issuer: string;

/** A certified authorization server that issues access tokens of RFC 9068. */
beforeEach(async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'app',
        client_secret: 'app-secret',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    scopes: ['orders:read'],
    cookies: { keys: ['test'] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        getResourceServerInfo: () => ({
          scope: 'orders:read',
          audience,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    jwks: {
      keys: [{ ...key.privateKey.export({ format: 'jwk' }), kid: 'op-1', alg: 'ES256', use: 'sig' }],
    },
  });
  const handle = provider.callback();
  server.on('request', (request, response) => void handle(request, response));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function obtain(): Promise<string> {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('app:app-secret').toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'orders:read' }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return token;
}

function open(options: object = {}) {
  const authenticator = createTestAuthenticator({ issuer, audience, ...options }, systemClock);
  closing.push(() => authenticator.close());
  return authenticator;
}

describe('a token of oidc-provider', () => {
  it('is accepted with its issuer and audience, with its claims in headers', async () => {
    const token = await obtain();
    expect(decodeJwt(token)).toMatchObject({ iss: issuer, aud: audience, client_id: 'app' });
    const { decide } = open({
      type: 'at+jwt',
      claims: 'SplitContains(`scope`, ` `, `orders:read`)',
      forwardHeaders: { 'X-Client': 'client_id' },
    });
    const decision = await decide(requestWith(token));
    expect(decision).toMatchObject({
      allowed: true,
      subject: { clientId: 'app' },
      setHeaders: ['X-Client', 'app'],
    });
    expect(decide(requestWith(token))).toBe(decision);
  });

  it('is refused for another audience, and by a predicate', async () => {
    const token = await obtain();
    expect(await open({ audience: 'https://other.example/' }).decide(requestWith(token))).toMatchObject({
      code: 'token_invalid',
      detail: 'The token is for another audience.',
    });
    expect(await open({ claims: 'Equals(`grp`, `admin`)' }).decide(requestWith(token))).toMatchObject({
      code: 'claims_not_satisfied',
      status: 403,
    });
  });

  it('is refused when its keys signed it for another issuer', async () => {
    const token = await signToken(key.privateKey, {
      header: { kid: 'op-1' },
      claims: { iss: 'https://as.example/', aud: audience },
      clock: systemClock,
    });
    expect(await open().decide(requestWith(token))).toMatchObject({
      code: 'token_invalid',
      detail: 'The token is from another issuer.',
    });
  });
});
