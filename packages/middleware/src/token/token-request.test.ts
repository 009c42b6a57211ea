import { afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../base/secret.ts';
import { createAuthenticator } from '../create.ts';
import type { ClientCredentialsFields } from '../options/input.ts';
import { json, startScriptedServer } from '../../../testkit/src/scripted-server.ts';
import { createTokenCache } from '../cache/token-cache.ts';
import { systemClock } from '../base/clock.ts';

const closes: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

/** Obtains a token with options as a user writes them; returns the token request. */
async function requestOf(options: Partial<ClientCredentialsFields>) {
  const { server, decide } = await serve(options);
  expect(await decide()).toMatchObject({ allowed: true });
  expect(server.requests).toHaveLength(1);
  return server.requests[0]!;
}

async function serve(...each: Partial<ClientCredentialsFields>[]) {
  const grant = { access_token: 'opaque', token_type: 'Bearer', expires_in: 60 };
  const server = await startScriptedServer((response) => json(response, 200, grant));
  closes.push(() => server.close());
  const cache = createTokenCache({ clock: systemClock });
  const authenticators = each.map((options) =>
    createAuthenticator({ clientID: 'app', clientSecret: 'secret', ...options, url: server.url }, { cache }),
  );
  closes.push(() => Promise.all(authenticators.map((authenticator) => authenticator.close())));
  const decide = (at = 0) => authenticators[at]!.decide({ authorization: undefined });
  return { server, decide };
}

describe('a token request', () => {
  it('has only the media type in Content-Type', async () => {
    const { headers } = await requestOf({});
    expect(headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(headers.accept).toBe('application/json');
    expect(headers['user-agent']).toBe('grantgate');
  });

  it('has the configured headers, whatever their letter case', async () => {
    const { headers } = await requestOf({
      clientConfig: {
        headers: { 'X-Tenant': 'a b', 'x-key': new Secret('k'), ACCEPT: '*/*', 'User-Agent': 'me/1' },
      },
    });
    expect(headers).toMatchObject({ 'x-tenant': 'a b', 'x-key': 'k', accept: '*/*', 'user-agent': 'me/1' });
  });

  it.each<[Partial<ClientCredentialsFields>, [string, string][]]>([
    [{ scopes: 'read write' }, [['scope', 'read write']]],
    [{ scopes: ['read', 'write', 'read'] }, [['scope', 'read write']]],
    [{ scopes: ' a\n b ' }, [['scope', 'a b']]],
    [{ scopes: [] }, []],
    [{ audience: 'x', resource: 'urn:api' }, [['audience', 'x'], ['resource', 'urn:api']]],
    [
      { resource: ['https://a.example/x?y=1', 'https://b.example'] },
      [['resource', 'https://a.example/x?y=1'], ['resource', 'https://b.example']],
    ],
    [
      { endpointParams: { tenant: 'a&b=c', organization: new Secret('é') } },
      [['tenant', 'a&b=c'], ['organization', 'é']],
    ],
  ])('has the configured parameters: %j', async (options, expected) => {
    const { body } = await requestOf(options);
    expect([...body].filter(([name]) => name !== 'grant_type')).toEqual(expected);
  }); // prettier-ignore
});

describe('middlewares of one client', () => {
  const differing: Partial<ClientCredentialsFields>[] = [
    {},
    { scopes: 'a' },
    { scopes: ['a', 'b'] },
    { scopes: 'a,b' },
    { audience: 'a' },
    { resource: 'urn:a' },
    { resource: ['urn:a', 'urn:b'] },
    { endpointParams: { a: 'b' } },
    { endpointParams: { a: 'c' } },
    { endpointParams: { ab: 'x' } },
    { clientConfig: { headers: { a: 'b' } } },
    { clientConfig: { headers: { a: 'c' } } },
    { clientAuthentication: 'client_secret_post' },
    { clientAuthentication: 'client_secret_basic' },
    { tokenLifetime: 10 },
  ];
  it('with different token requests have a token each, and equal ones share one', async () => {
    const { server, decide } = await serve(...differing, ...differing);
    for (let at = 0; at < 2 * differing.length; at += 1) await decide(at);
    expect(server.requests).toHaveLength(differing.length);
  });
});
