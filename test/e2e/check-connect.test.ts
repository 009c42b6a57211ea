import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Provider } from '../../packages/testkit/src/oidc-provider.ts';
import {
  json,
  startScriptedServer,
  type ScriptedServer,
} from '../../packages/testkit/src/scripted-server.ts';
import { unsignedJwt } from '../../packages/middleware/src/token/token-endpoint.testkit.ts';

const main = fileURLToPath(new URL('../../packages/gateway/bin/grantgate.cjs', import.meta.url));
const clientSecret = 's'.repeat(32);
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'grantgate-check-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface ConnectReport {
  readonly errors: number;
  readonly warnings: number;
  readonly problems: readonly Record<string, unknown>[];
  readonly connections: readonly Record<string, unknown>[];
}

/** Runs the built command with one middleware of gateway level. */
async function check(options: Readonly<Record<string, unknown>>): Promise<ConnectReport> {
  const plugin = { oAuthClientCredentials: { clientID: 'gateway', clientSecret, ...options } };
  const file = join(folder, 'routes.json');
  writeFileSync(file, JSON.stringify({ http: { middlewares: { api: { plugin } } } }));
  const { stdout } = await promisify(execFile)(process.execPath, [
    main,
    'check',
    '--connect',
    '--json',
    file,
  ]);
  return JSON.parse(stdout) as ConnectReport;
}

const good = { errors: 0, warnings: 0, problems: [], connections: [{ ok: true, detail: 'grants a token (token_type Bearer)' }] }; // prettier-ignore
const warning = (code: string, message: string) => ({
  errors: 0,
  warnings: 1,
  problems: [{ severity: 'warning', code, message: expect.stringContaining(message) as string }],
});

describe('grantgate check --connect with a certified authorization server', () => {
  let server: Server;
  let url = '';
  beforeAll(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    const provider = new Provider(issuer, {
      clients: [{ client_id: 'gateway', client_secret: clientSecret, grant_types: ['client_credentials'], response_types: [], redirect_uris: [] }],
      jwks: { keys: [{ ...key, use: 'sig' }] },
      cookies: { keys: ['test'] },
      clientDefaults: { id_token_signed_response_alg: 'ES256' },
      ttl: { ClientCredentials: 300 },
      features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => 'https://orders.example',
          getResourceServerInfo: () => ({ scope: 'orders:read orders:write', accessTokenFormat: 'jwt', accessTokenTTL: 300 }),
        },
      },
    }); // prettier-ignore
    const handle = provider.callback();
    server.on('request', (request, response) => void handle(request, response));
    url = `${issuer}/token`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('reports no problem when the granted scope and audience are those requested', async () => {
    expect(await check({ url })).toMatchObject(good);
    expect(await check({ url, scopes: 'orders:read', resource: 'https://orders.example' })).toMatchObject(
      good,
    );
  });

  it('names the scope that the server left out', async () => {
    expect(await check({ url, scopes: ['orders:read', 'orders:delete'] })).toMatchObject(
      warning('scope_not_granted', 'grants a token without the scope orders:delete; granted: orders:read'),
    );
  });

  it('names the audience that the server ignored', async () => {
    expect(await check({ url, audience: 'https://billing.example' })).toMatchObject(
      warning(
        'audience_not_granted',
        'grants a token for another audience than https://billing.example; its aud: https://orders.example',
      ),
    );
  });
});

describe('grantgate check --connect with the responses of Keycloak 26.7', () => {
  let keycloak: ScriptedServer;
  beforeAll(async () => {
    // Keycloak's response, which does not depend on `audience`, `resource` and `scope`; the names of this test replace the recorded
    // ones.
    keycloak = await startScriptedServer((response) => {
      const now = Math.floor(Date.now() / 1000);
      const claims = { exp: now + 300, iat: now, jti: 'trrtcc:5e0c', iss: 'https://keycloak.example/realms/test', aud: ['orders-api', 'account'], sub: 'c8a1', typ: 'Bearer', azp: 'gateway', acr: '1', realm_access: { roles: ['offline_access'] }, scope: 'profile email', email_verified: false, clientHost: '127.0.0.1', clientAddress: '127.0.0.1', client_id: 'gateway' };
      json(response, 200, { access_token: `${unsignedJwt(claims)}c2ln`, expires_in: 300, refresh_expires_in: 0, token_type: 'Bearer', 'not-before-policy': 0, scope: 'profile email' });
    });
  }); // prettier-ignore
  afterAll(() => keycloak.close());

  it('reports no problem with an audience that a mapper adds', async () => {
    expect(await check({ url: keycloak.url, audience: 'orders-api' })).toMatchObject(good);
    expect(keycloak.requests.at(-1)?.body.get('audience')).toBe('orders-api');
  });

  it.each([
    ['an audience', { audience: 'billing-api' }, 'billing-api'],
    ['a resource', { resource: 'https://billing.example' }, 'https://billing.example'],
  ])('warns that %s is ignored', async (_what, options, name) => {
    expect(await check({ url: keycloak.url, ...options })).toMatchObject(
      warning('audience_not_granted', `another audience than ${name}; its aud: orders-api account`),
    );
  });
});
