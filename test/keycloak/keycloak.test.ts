import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApplicationParts, DiscoveryEvent } from '../../packages/middleware/src/create.ts';
import { createAuthenticator } from '../../packages/middleware/src/create.ts';
import type { ClientCredentialsFields } from '../../packages/middleware/src/options/input.ts';
import { serve, visit } from '../e2e/workers.testkit.ts';
import { runCommand } from '../../packages/gateway/src/cli/io.testkit.ts';
import type { Keycloak } from './keycloak.testkit.ts';
import { startKeycloak } from './keycloak.testkit.ts';

const secret = randomBytes(32).toString('hex');
const signer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const client = (clientId: string, more: object = {}) => ({
  clientId,
  secret,
  serviceAccountsEnabled: true,
  standardFlowEnabled: false,
  ...more,
});
const mapper = (name: string, protocolMapper: string, config: object) => ({
  name,
  protocol: 'openid-connect',
  protocolMapper,
  config: { 'access.token.claim': 'true', ...config },
});
const clients = [
  client('orders', {
    protocolMappers: [
      mapper('group', 'oidc-hardcoded-claim-mapper', { 'claim.name': 'grp', 'claim.value': 'admin' }),
      // Keycloak also uses a backslash before a dot, to keep the dot in a name.
      mapper('roles', 'oidc-hardcoded-claim-mapper', {
        'claim.name': 'resource_access.my\\.api.roles',
        'claim.value': '["reader","writer"]',
        'jsonType.label': 'JSON',
      }),
      mapper('audience', 'oidc-audience-mapper', { 'included.custom.audience': 'orders-api' }),
    ],
  }),
  client('rotated'),
  client('short', { attributes: { 'access.token.lifespan': '5' } }),
  client('no-service-account', { serviceAccountsEnabled: false }),
  client('secret-jwt', { clientAuthenticatorType: 'client-secret-jwt' }),
  client('signer', {
    clientAuthenticatorType: 'client-jwt',
    attributes: {
      'use.jwks.string': 'true',
      'jwks.string': JSON.stringify({
        keys: [{ ...signer.publicKey.export({ format: 'jwk' }), kid: 'signer-1', alg: 'ES256', use: 'sig' }],
      }),
    },
  }),
  client('certified', {
    clientAuthenticatorType: 'client-x509',
    attributes: { 'x509.subjectdn': 'CN=certified' },
  }),
];

/** Milliseconds: Keycloak builds itself at its start, which takes minutes on a busy machine. */
const startWithinMs = 600_000;

let keycloak: Keycloak;
beforeAll(async () => {
  keycloak = await startKeycloak(clients);
}, startWithinMs);
afterAll(() => keycloak.close());

type KeycloakOptions = Partial<ClientCredentialsFields> & { readonly url?: string; readonly issuer?: string };

const basic = (id: string, own: string = secret) => ({
  authorization: `Basic ${Buffer.from(`${id}:${own}`).toString('base64')}`,
});
const open = (options: KeycloakOptions = {}, parts: ApplicationParts = {}) => {
  const { clientConfig, ...more } = options;
  return createAuthenticator(
    {
      url: keycloak.tokenUrl,
      ...more,
      clientConfig: { ...clientConfig, tls: { ca: keycloak.ca, ...clientConfig?.tls } },
    },
    parts,
  );
};
/** Outcome of one request: the headers of the decision, or its code. */
const decide = async (options: KeycloakOptions, facts = basic('orders')) => {
  const authenticator = open(options);
  try {
    const decision = await authenticator.decide(facts);
    return decision.allowed ? decision.setHeaders.slice(2) : decision.code;
  } finally {
    await authenticator.close();
  }
};

describe('Keycloak, for callers with their own credentials', () => {
  it('issues a token whose claims decide, in objects and in names with dots too', async () => {
    const forwardHeaders = { Group: 'grp', Roles: 'resource_access.my\\.api.roles', Client: 'azp' };
    const claims =
      'Equals(`grp`, `admin`) && OneOf(`resource_access.my\\.api.roles`, `writer`) && Contains(`aud`, `orders-api`)';
    expect(await decide({ claims, forwardHeaders })).toEqual([
      'Group', 'admin', 'Roles', 'reader,writer', 'Client', 'orders',
    ]); // prettier-ignore
    expect(await decide({ claims: 'Equals(`grp`, `guest`)' })).toBe('claims_not_satisfied');
  });

  it.each([
    ['a wrong secret', basic('orders', 'wrong')],
    ['an unknown client', basic('nobody', 'wrong')],
    ['a client without a service account', basic('no-service-account')],
  ])('refuses %s', async (_who, facts) => {
    expect(await decide({}, facts)).toBe('credentials_refused');
  });

  it('accepts a new secret at once, and refuses the old one once its token is no longer cached', async () => {
    const authenticator = open();
    expect(await authenticator.decide(basic('rotated'))).toMatchObject({ allowed: true });
    const [{ id }] = (await keycloak.admin('GET', '/clients?clientId=rotated')) as [{ readonly id: string }];
    const { value } = (await keycloak.admin('POST', `/clients/${id}/client-secret`)) as {
      readonly value: string;
    };
    expect(await authenticator.decide(basic('rotated', value))).toMatchObject({ allowed: true });
    authenticator.purge('rotated');
    expect(await authenticator.decide(basic('rotated'))).toMatchObject({ code: 'credentials_refused' });
    await authenticator.close();
  });

  it('issues a token through its issuer, but none through an alias of it', async () => {
    const events: DiscoveryEvent[] = [];
    const onDiscovery = (event: DiscoveryEvent): void => void events.push(event);
    const found = open({ url: '', issuer: keycloak.issuer }, { onDiscovery });
    expect(await found.decide(basic('orders'))).toMatchObject({ allowed: true });
    await found.close();
    const issuer = `${keycloak.issuer}/`;
    const other = open({ url: '', issuer }, { onDiscovery });
    expect(await other.decide(basic('orders'))).toMatchObject({ code: 'token_response_invalid' });
    await other.close();
    expect(events).toMatchObject([
      { kind: 'discovered', tokenEndpoint: keycloak.tokenUrl },
      { kind: 'failed', detail: expect.stringContaining(`issuer is "${keycloak.issuer}", expected "${issuer}"`) as string },
    ]);
  }); // prettier-ignore

  it('may sign with a new key of the realm', async () => {
    const authenticator = open({ claims: 'Equals(`grp`, `admin`)' });
    const keyOf = async (): Promise<string> => {
      const decision = await authenticator.decide(basic('orders'));
      if (!decision.allowed) throw new Error(decision.detail);
      const [header = ''] = decision.setHeaders[1]?.replace('Bearer ', '').split('.') ?? [];
      return (JSON.parse(Buffer.from(header, 'base64url').toString()) as { readonly kid: string }).kid;
    };
    const before = await keyOf();
    await keycloak.admin('POST', '/components', {
      name: 'newer',
      providerId: 'rsa-generated',
      providerType: 'org.keycloak.keys.KeyProvider',
      config: { priority: ['200'], enabled: ['true'], active: ['true'] },
    });
    authenticator.purge();
    expect(await keyOf()).not.toBe(before);
    await authenticator.close();
  });
});

describe("Keycloak, for the gateway's own credentials", () => {
  const own = (clientID: string, more: KeycloakOptions = {}) =>
    decide({ clientID, clientSecret: secret, forwardHeaders: { Client: 'azp' }, ...more });

  it.each(['auto', 'client_secret_basic', 'client_secret_post'] as const)('accepts %s', async (clientAuthentication) => {
    expect(await own('orders', { clientAuthentication })).toEqual(['Client', 'orders']);
  }); // prettier-ignore

  it('accepts an assertion signed with the secret', async () => {
    expect(await own('secret-jwt', { clientAuthentication: 'client_secret_jwt' })).toEqual([
      'Client',
      'secret-jwt',
    ]);
  });

  it('accepts an assertion signed with a private key', async () => {
    const key = signer.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const options = {
      clientID: 'signer',
      clientAuthentication: 'private_key_jwt',
      forwardHeaders: { Client: 'azp' },
    } as const;
    const assertion = { key, keyID: 'signer-1' };
    expect(await decide({ ...options, clientConfig: { assertion } })).toEqual(['Client', 'signer']);
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const wrong = { key: other.export({ type: 'pkcs8', format: 'pem' }).toString(), keyID: 'signer-1' };
    expect(await decide({ ...options, clientConfig: { assertion: wrong } })).toBe(
      'gateway_credentials_refused',
    );
  });

  it.each(['url', 'issuer'])('accepts a client certificate with the right name, found by %s', async (by) => {
    const options = (name: string) => ({
      ...(by === 'issuer' && { url: '', issuer: keycloak.issuer }),
      clientID: 'certified',
      clientAuthentication: 'tls_client_auth' as const,
      forwardHeaders: { Client: 'azp' },
      clientConfig: { tls: keycloak.issueClient(name) },
    });
    expect(await decide(options('certified'))).toEqual(['Client', 'certified']);
    expect(await decide(options('another'))).toBe('gateway_credentials_refused');
  });

  it('refuses an unknown scope by name', async () => {
    expect(await own('orders', { scopes: ['profile'] })).toEqual(['Client', 'orders']);
    expect(await own('orders', { scopes: 'nope' })).toBe('token_request_rejected');
  });
});

describe('grantgate check --connect with Keycloak', () => {
  const check = async (options: object): Promise<string> => {
    const folder = mkdtempSync(join(tmpdir(), 'grantgate-check-'));
    const { clientConfig, ...own } = {
      clientID: 'orders',
      clientSecret: secret,
      clientConfig: {},
      ...options,
    };
    const plugin = {
      oAuthClientCredentials: {
        url: keycloak.tokenUrl,
        ...own,
        clientConfig: { ...clientConfig, tls: { ca: keycloak.ca } },
      },
    };
    writeFileSync(
      join(folder, 'routes.json'),
      JSON.stringify({ http: { middlewares: { api: { plugin } } } }),
    );
    const { stdout } = await runCommand(['check', '--connect', folder]);
    rmSync(folder, { recursive: true });
    return stdout;
  };

  it('reports that an audience and a resource are ignored', async () => {
    expect(await check({})).toContain('grants a token (token_type Bearer)\n0 errors, 0 warnings');
    expect(await check({ audience: 'orders-api' })).toContain('\n0 errors, 0 warnings');
    expect(await check({ audience: 'billing-api' })).toContain('grants a token for another audience than billing-api; its aud: orders-api account');
    expect(await check({ resource: 'https://billing.example' })).toContain('for another audience than https://billing.example');
  }); // prettier-ignore
});

describe('a restart of Keycloak', () => {
  let upstream: Server;
  beforeAll(async () => {
    upstream = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
    await once(upstream, 'listening');
  });
  afterAll(() => {
    upstream.closeAllConnections();
    upstream.close();
  });

  it(
    'fails no request whose token is valid, and issues tokens again afterwards',
    async () => {
      const options = { url: keycloak.tokenUrl, clientConfig: { tls: { ca: 'urn:file:ca.pem' } } };
      const served = serve(
      { entryPoints: { web: { address: '127.0.0.1:0' } } },
      {
        http: {
          routers: { all: { rule: 'PathPrefix(`/`)', service: 'up', middlewares: ['callers'] } },
          middlewares: { callers: { plugin: { oAuthClientCredentials: options } } },
          services: {
            up: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}` }] } },
          },
        },
      },
      { 'ca.pem': keycloak.ca },
    ); // prettier-ignore
      try {
        const [{ port = 0 } = {}] = await served.untilLogged('listening', 1);
        const agent = new Agent({ keepAlive: true });
        const ask = (id: string) => visit(`http://127.0.0.1:${port}/`, agent, basic(id));
        expect(await ask('orders')).toBe(200);
        const counts = new Map<number | string, number>();
        let isLoaded = true;
        const load = Array.from({ length: 4 }, async () => {
          while (isLoaded) {
            const status = await ask('orders');
            counts.set(status, (counts.get(status) ?? 0) + 1);
          }
        });
        await keycloak.kill();
        expect(await ask('short')).toBe(503);
        await keycloak.start();
        await expect.poll(() => ask('short')).toBe(200);
        isLoaded = false;
        await Promise.all(load);
        expect([...counts.keys()]).toEqual([200]);
        agent.destroy();
      } finally {
        served.close();
      }
    },
    startWithinMs,
  );
});
