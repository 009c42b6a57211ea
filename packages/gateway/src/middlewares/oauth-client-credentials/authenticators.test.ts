import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '@grantgate/middleware/base/clock';
import { createStores } from '@grantgate/middleware/cache/stores';
import { createTokenCache } from '@grantgate/middleware/cache/token-cache';
import type { ClientCredentialsOptions } from '@grantgate/middleware/options/schema';
import { parseClientCredentials } from '@grantgate/middleware/options/parse';
import type { AuthorizationServer } from '../../../../testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../../../testkit/src/authorization-server.ts';
import { startIssuer } from '../../../../middleware/src/token/discovery/issuer.testkit.ts';
import { createAuthenticators } from './authenticators.ts';

let server: AuthorizationServer;
beforeAll(async () => {
  server = await startAuthorizationServer({ clients: [{ clientId: 'app', clientSecret: 'old' }] });
});
afterAll(() => server.close());
beforeEach(() => server.setClient({ clientId: 'app', clientSecret: 'old' }));

const parts = () => ({
  clock: systemClock,
  cache: createTokenCache({ clock: systemClock }),
  stores: createStores({ clock: systemClock }),
});
const options = (clientSecret: string): ClientCredentialsOptions =>
  parseClientCredentials({ url: server.url, clientID: 'app', clientSecret }).options!;
const noCaller = { authorization: undefined };

describe('authenticators', () => {
  it('keep their tokens while a configuration is replaced by one with the same options', async () => {
    const authenticators = createAuthenticators(parts());
    const before = authenticators.acquire(options('old'));
    const decision = await before.value.decide(noCaller);
    const after = authenticators.acquire(options('old'));
    await before.release();
    expect(after.value.decide(noCaller)).toBe(decision);
    await after.release();
  });

  it('keep the metadata of an issuer when a configuration with other changes replaces theirs', async () => {
    const issuer = await startIssuer();
    issuer.publish();
    const authenticators = createAuthenticators(parts());
    const acquire = (audience: string) =>
      authenticators.acquire(
        parseClientCredentials({ issuer: issuer.issuer, clientID: 'app', clientSecret: 'old', audience })
          .options!,
      );
    const before = acquire('a');
    await before.value.decide(noCaller);
    const after = acquire('b');
    await before.release();
    await after.value.decide(noCaller);
    expect(issuer.paths()).toEqual([issuer.oauthPath, '/token', '/token']);
    await after.release();
    await issuer.close();
  });

  it('request new tokens after a changed secret, and drop the tokens obtained with the old one', async () => {
    const authenticators = createAuthenticators(parts());
    const before = authenticators.acquire(options('old'));
    await before.value.decide(noCaller);
    server.setClient({ clientId: 'app', clientSecret: 'new' });
    const asked = server.tokenRequests.length;
    const after = authenticators.acquire(options('new'));
    expect(await after.value.decide(noCaller)).toMatchObject({ allowed: true });
    expect(server.tokenRequests.length).toBe(asked + 1);
    await before.release();
    const back = authenticators.acquire(options('old'));
    expect(await back.value.decide(noCaller)).toMatchObject({ code: 'gateway_credentials_refused' });
    await Promise.all([after.release(), back.release()]);
  });
});
