import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAuthenticator } from '../../packages/middleware/src/create.ts';
import { oAuthTokenExchange } from '../../packages/middleware/src/adapters/fetch-exchange.ts';
import { oAuthIntrospection } from '../../packages/middleware/src/adapters/fetch-introspection.ts';
import { jwt } from '../../packages/middleware/src/adapters/fetch-jwt.ts';
import { until } from '../../packages/testkit/src/until.ts';
import { startKeycloak, type Keycloak } from './keycloak.testkit.ts';

// The middlewares for callers with a token of Keycloak: the client `orders` gets it, `gateway` introspects and exchanges it.

const secret = randomBytes(32).toString('hex');
const client = (clientId: string, more: object = {}) => ({
  clientId,
  secret,
  serviceAccountsEnabled: true,
  standardFlowEnabled: false,
  ...more,
});
const audienceMapper = (name: string, config: object) => ({
  name,
  protocol: 'openid-connect',
  protocolMapper: 'oidc-audience-mapper',
  config: { 'access.token.claim': 'true', 'introspection.token.claim': 'true', ...config },
});
const clients = [
  client('orders', {
    protocolMappers: [
      audienceMapper('api', { 'included.custom.audience': 'orders-api' }),
      audienceMapper('gateway', { 'included.client.audience': 'gateway' }),
    ],
  }),
  client('stranger'),
  client('gateway', { attributes: { 'standard.token.exchange.enabled': 'true' } }),
];

let keycloak: Keycloak;
beforeAll(async () => {
  keycloak = await startKeycloak(clients);
}, 600_000);
afterAll(() => keycloak.close());

const closes: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

const own = () => ({ clientID: 'gateway', clientSecret: secret });
const tls = () => ({ tls: { ca: keycloak.ca } });

/** An access token of a client. */
async function tokenOf(clientID: string): Promise<string> {
  const authenticator = createAuthenticator({
    url: keycloak.tokenUrl,
    ...{ clientID, clientSecret: secret },
    clientConfig: tls(),
  });
  const decision = await authenticator.decide({ authorization: undefined });
  await authenticator.close();
  if (!decision.allowed) throw new Error(decision.detail);
  return decision.setHeaders[1]!.slice('Bearer '.length);
}

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Readonly<Record<string, unknown>>;

/** The status of one request with a token, and the `Authorization` that the handler received. */
function createVisit(middleware: ReturnType<typeof jwt>) {
  closes.push(() => middleware.close());
  const handler = middleware((request) => new Response(request.headers.get('authorization')));
  return async (token: string) => {
    const response = await handler(
      new Request('http://localhost/', { headers: { authorization: `Bearer ${token}` } }),
    );
    return { status: response.status, authorization: response.ok ? await response.text() : '' };
  };
}

describe('jwt with tokens of Keycloak', () => {
  const open = (audience: string) =>
    createVisit(jwt({ issuer: keycloak.issuer, audience, clientConfig: tls() }));

  it('accepts them for its audience, and no others', async () => {
    const visit = open('orders-api');
    expect(await visit(await tokenOf('orders'))).toMatchObject({ status: 200 });
    expect(await visit(await tokenOf('stranger'))).toMatchObject({ status: 401 });
    expect(await open('billing-api')(await tokenOf('orders'))).toMatchObject({ status: 401 });
  });

  it('accepts those of a new key of the realm, and those of the old one until they expire', async () => {
    const visit = open('orders-api');
    const before = await tokenOf('orders');
    expect(await visit(before)).toMatchObject({ status: 200 });
    await keycloak.admin('POST', '/components', {
      name: 'newer',
      providerId: 'rsa-generated',
      providerType: 'org.keycloak.keys.KeyProvider',
      config: { priority: ['200'], enabled: ['true'], active: ['true'] },
    });
    const after = await tokenOf('orders');
    // A key set counts as new for five seconds.
    await until(async () => (await visit(after)).status === 200);
    expect(await visit(before)).toMatchObject({ status: 200 });
  });
});

describe('oAuthIntrospection with Keycloak', () => {
  it('accepts an active token, and refuses one that is revoked or not a token', async () => {
    const options = {
      ...own(),
      claims: 'Equals(`client_id`, `orders`)',
      clientConfig: { url: `${keycloak.tokenUrl}/introspect`, ...tls() },
    };
    const token = await tokenOf('orders');
    const visit = createVisit(oAuthIntrospection(options));
    expect(await visit(token)).toMatchObject({ status: 200 });
    expect(await visit('not-a-token')).toMatchObject({ status: 401 });
    await keycloak.revoke(token, { clientId: 'orders', secret });
    expect(await createVisit(oAuthIntrospection(options))(token)).toMatchObject({ status: 401 });
  });
});

describe('oAuthTokenExchange with Keycloak', () => {
  const open = () =>
    createVisit(oAuthTokenExchange({ url: keycloak.tokenUrl, ...own(), clientConfig: tls() }));

  it("gives the server a token of the gateway for the caller's subject", async () => {
    const token = await tokenOf('orders');
    const { status, authorization } = await open()(token);
    expect(status).toBe(200);
    const exchanged = authorization.slice('Bearer '.length);
    expect(exchanged).not.toBe(token);
    expect(claimsOf(exchanged)).toMatchObject({ azp: 'gateway', sub: claimsOf(token)['sub'] });
  });

  it('refuses a forged token', async () => {
    const [head, body] = (await tokenOf('orders')).split('.');
    expect(await open()(`${head}.${body}.AAAA`)).toMatchObject({ status: 401 });
  });

  it('refuses a token that was not issued for the gateway', async () => {
    expect(await open()(await tokenOf('stranger'))).toMatchObject({ status: 401 });
  });
});
