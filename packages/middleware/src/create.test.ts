import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthenticator } from './create.ts';
import { OptionsError } from './errors.ts';
import type { AuthorizationServer } from '../../testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../testkit/src/authorization-server.ts';

let server: AuthorizationServer;
let url: string;

beforeAll(async () => {
  server = await startAuthorizationServer({
    clients: ['admin', 'tester'].map((id) => ({
      clientId: id,
      clientSecret: `${id}-secret`,
      claims: { grp: id },
    })),
  });
  ({ url } = server);
});

afterAll(() => server.close());

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});

describe('an authenticator with a real authorization server', () => {
  it('lets a caller pass whose claims satisfy the route, and fills headers from claims', async () => {
    const authenticator = createAuthenticator({
      url,
      claims: 'Equals(`grp`, `admin`)',
      forwardHeaders: { Group: 'grp', Missing: 'nope' },
      usernameClaim: 'sub',
    });
    const decision = await authenticator.decide(basic('admin', 'admin-secret'));
    if (!decision.allowed) throw new Error(decision.detail);
    expect(decision.setHeaders[1]).toMatch(/^Bearer eyJ/);
    expect(decision.setHeaders.slice(2)).toEqual(['Group', 'admin', 'Missing', '']);
    expect(decision.subject).toMatchObject({ clientId: 'admin', username: 'admin' });
    expect([...decision.removeHeaders]).toEqual(['authorization', 'group', 'missing']);
    expect(authenticator.decide(basic('admin', 'admin-secret'))).toBe(decision);
    await authenticator.close();
  });

  it('requests one token for hundreds of concurrent callers', async () => {
    const authenticator = createAuthenticator({ url });
    const before = server.received();
    const decisions = await Promise.all(
      Array.from({ length: 300 }, async () => authenticator.decide(basic('admin', 'admin-secret'))),
    );
    expect(decisions.every((decision) => decision.allowed)).toBe(true);
    expect(server.received() - before).toBe(1);
    await authenticator.close();
  });

  it.each(['application', 'gateway'] as const)(
    'requests a new token after a purge of the client at %s level',
    async (level) => {
      const own = level === 'gateway' ? { clientID: 'admin', clientSecret: 'admin-secret' } : {};
      const authenticator = createAuthenticator({ url, ...own });
      const decide = async () => authenticator.decide(basic('admin', 'admin-secret'));
      const before = await decide();
      expect(authenticator.purge('tester')).toBe(0);
      expect(await decide()).toBe(before);
      expect(authenticator.purge('admin')).toBe(1);
      const after = await decide();
      if (!before.allowed || !after.allowed) throw new Error('refused');
      expect(after.setHeaders[1]).not.toBe(before.setHeaders[1]);
      expect(authenticator.purge()).toBe(1);
      expect(await decide()).not.toBe(after);
      await authenticator.close();
    },
  );

  it('refuses a wrong secret, missing and malformed credentials with a challenge', async () => {
    const authenticator = createAuthenticator({ url });
    await authenticator.decide(basic('admin', 'admin-secret'));
    const code = async (facts: { authorization: string | undefined }) => {
      const decision = await authenticator.decide(facts);
      return decision.allowed
        ? 'allowed'
        : [decision.status, decision.code, decision.challenge !== undefined];
    };
    expect(await code(basic('admin', 'wrong'))).toEqual([401, 'credentials_refused', true]);
    expect(await code({ authorization: undefined })).toEqual([401, 'credentials_missing', true]);
    expect(await code({ authorization: 'Bearer x' })).toEqual([401, 'credentials_missing', true]);
    expect(await code({ authorization: 'Basic !!' })).toEqual([401, 'credentials_malformed', true]);
    await authenticator.close();
  });

  it('refuses a token whose claims do not satisfy the route', async () => {
    const authenticator = createAuthenticator({ url, claims: 'Equals(`grp`, `admin`)' });
    expect(await authenticator.decide(basic('tester', 'tester-secret'))).toMatchObject({
      status: 403,
      code: 'claims_not_satisfied',
    });
    await authenticator.close();
  });

  it("adds the gateway's own token to any request, and reports when the gateway itself is refused", async () => {
    const own = createAuthenticator({ url, clientID: 'admin', clientSecret: 'admin-secret' });
    expect(await own.decide({ authorization: undefined })).toMatchObject({ allowed: true });
    const wrong = createAuthenticator({ url, clientID: 'admin', clientSecret: 'no' });
    expect(await wrong.decide({ authorization: undefined })).toMatchObject({
      status: 502,
      code: 'gateway_credentials_refused',
    });
    await Promise.all([own.close(), wrong.close()]);
  });

  it('reports that the authorization server is unavailable when nothing listens', async () => {
    const authenticator = createAuthenticator({
      url: 'http://127.0.0.1:1/token',
      clientConfig: { maxRetries: 0 },
    });
    expect(await authenticator.decide(basic('a', 'b'))).toMatchObject({
      status: 503,
      code: 'authorization_server_unavailable',
      retryAfterSeconds: 5,
    });
    await authenticator.close();
  });
});

describe('options', () => {
  it('reports every problem at once, with its path, and never a value', () => {
    const create = () =>
      createAuthenticator({
        url: 'ftp://x',
        clientID: 'only-id',
        claims: 'Nope(`a`)',
        forwardHeaders: { Host: 'a' },
        ...{ audiance: 'x' },
        clientConfig: { tls: { cert: 'c' }, timeoutSeconds: -1 },
      });
    expect(create).toThrow(OptionsError);
    for (const part of [
      'url: expected an absolute',
      'clientID: clientSecret is missing',
      'claims: unknown function Nope',
      'forwardHeaders.Host',
      'did you mean audience?',
      'cert and key go together',
      'clientConfig.timeoutSeconds',
    ])
      expect(create).toThrow(part);
    expect(create).not.toThrow('only-id');
  });

  it('accepts names in any letter case', async () => {
    const authenticator = createAuthenticator({
      url,
      ...{ CLIENTID: 'admin', clientsecret: 'admin-secret' },
    });
    expect(await authenticator.decide({ authorization: undefined })).toMatchObject({ allowed: true });
    await authenticator.close();
  });
});
