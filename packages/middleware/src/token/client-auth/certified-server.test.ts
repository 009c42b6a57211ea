import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClientAuthMethod } from '../../base/client-auth-method.ts';
import { systemClock } from '../../base/clock.ts';
import { createTokenCache } from '../../cache/token-cache.ts';
import { createAuthenticator } from '../../create.ts';
import { createTestAuthority } from '../../../../testkit/src/certificates.ts';
import { Provider } from '../../../../testkit/src/oidc-provider.ts';

const authority = createTestAuthority();
const serverCertificate = authority.issue('localhost', ['127.0.0.1']);
const signing = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const known = authority.issue('known');
const stranger = createTestAuthority('Another CA').issue('known');
const secret = 's'.repeat(32);

const publicJwk = signing.publicKey.export({ format: 'jwk' });
const certificateJwk = (cert: string) => ({
  ...new X509Certificate(cert).publicKey.export({ format: 'jwk' }),
  x5c: [new X509Certificate(cert).raw.toString('base64')],
});

const methods = [
  'client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt', 'tls_client_auth',
  'self_signed_tls_client_auth', 'none',
] as const; // prettier-ignore

let server: Server;
let url = '';
/** The client and the names of the parameters of each token request. */
const requests: { readonly clientId: string | undefined; readonly members: readonly string[] }[] = [];

const tlsOf = ({ socket }: IncomingMessage): TLSSocket | undefined =>
  socket instanceof TLSSocket ? socket : undefined;
const peerOf = (request: IncomingMessage) => tlsOf(request)?.getPeerX509Certificate();

beforeAll(async () => {
  server = createServer({
    ...serverCertificate,
    ca: authority.cert,
    requestCert: true,
    rejectUnauthorized: false,
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = (method: ClientAuthMethod, more: object) => ({
    client_id: method,
    token_endpoint_auth_method: method as 'none',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    ...more,
  });
  const provider = new Provider(issuer, {
    clients: [
      client('client_secret_basic', { client_secret: secret }),
      client('client_secret_post', { client_secret: secret }),
      client('client_secret_jwt', { client_secret: secret, token_endpoint_auth_signing_alg: 'HS256' }),
      client('private_key_jwt', { jwks: { keys: [{ ...publicJwk, kid: 'k' }] } }),
      client('tls_client_auth', { tls_client_auth_subject_dn: 'CN=known' }),
      client('self_signed_tls_client_auth', { jwks: { keys: [certificateJwk(stranger.cert)] } }),
      client('none', {}),
    ],
    clientAuthMethods: [...methods],
    jwks: {
      keys: [
        {
          ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
          use: 'sig',
        },
      ],
    },
    cookies: { keys: ['test'] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    enabledJWA: { clientAuthSigningAlgValues: ['HS256', 'ES256'] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      mTLS: {
        enabled: true,
        tlsClientAuth: true,
        selfSignedTlsClientAuth: true,
        getCertificate: (ctx) => peerOf(ctx.req),
        certificateAuthorized: (ctx) => tlsOf(ctx.req)?.authorized === true,
        certificateSubjectMatches: (ctx, _property, expected) => peerOf(ctx.req)?.subject === expected,
      },
    },
  });
  provider.use(async (ctx, next) => {
    await next();
    const { oidc } = ctx as {
      readonly oidc?: { readonly body?: object; readonly client?: { readonly clientId: string } };
    };
    requests.push({ clientId: oidc?.client?.clientId, members: Object.keys(oidc?.body ?? {}) });
  });
  const handle = provider.callback();
  server.on('request', (request, response) => void handle(request, response));
  url = `${issuer}/token`;
});
afterAll(
  () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
);

const pem = signing.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
const withTls = (tls: object) => ({ clientConfig: { tls: { ca: authority.cert, ...tls }, maxRetries: 0 } });
const withKey = (key: string) => ({
  clientConfig: { tls: { ca: authority.cert }, assertion: { key, keyID: 'k' }, maxRetries: 0 },
});

describe('a certified authorization server', () => {
  it.each([
    ['client_secret_basic', { clientSecret: secret, ...withTls({}) }],
    ['client_secret_post', { clientSecret: secret, ...withTls({}) }],
    ['client_secret_jwt', { clientSecret: secret, ...withTls({}) }],
    ['private_key_jwt', withKey(pem)],
    ['tls_client_auth', withTls(known)],
    ['self_signed_tls_client_auth', withTls(stranger)],
    ['none', withTls({})],
  ] as const)('issues a token for %s, with one request', async (method, options) => {
    requests.length = 0;
    const authenticator = createAuthenticator({
      url,
      clientID: method,
      clientAuthentication: method,
      ...options,
    });
    const decision = await authenticator.decide({ authorization: undefined });
    await authenticator.close();
    expect(decision).toMatchObject({ allowed: true });
    expect(requests).toMatchObject([{ clientId: method }]);
    expect(requests[0]!.members.includes('client_secret')).toBe(method === 'client_secret_post');
  });

  it.each([
    ['client_secret_jwt', { clientSecret: 'w'.repeat(32), ...withTls({}) }],
    ['private_key_jwt', withKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())],
    ['tls_client_auth', withTls(stranger)],
    ['self_signed_tls_client_auth', withTls(known)],
  ] as const)('refuses wrong credentials for %s, after one request', async (method, options) => {
    requests.length = 0;
    const authenticator = createAuthenticator({ url, clientID: method, clientAuthentication: method, ...options });
    const decision = await authenticator.decide({ authorization: undefined });
    await authenticator.close();
    expect(decision).toMatchObject({ allowed: false, status: 502 });
    expect(requests).toHaveLength(1);
  }); // prettier-ignore

  it("verifies assertions signed with a caller's own secret at application level", async () => {
    const authenticator = createAuthenticator({
      url,
      clientAuthentication: 'client_secret_jwt',
      ...withTls({}),
    });
    const as = (clientSecret: string) =>
      authenticator.decide({
        authorization: `Basic ${Buffer.from(`client_secret_jwt:${clientSecret}`).toString('base64')}`,
      });
    expect(await as(secret)).toMatchObject({ allowed: true });
    expect(await as('wrong'.repeat(8))).toMatchObject({ allowed: false, code: 'credentials_refused' });
    await authenticator.close();
  });

  it('does not share tokens between private keys of one client in a common cache', async () => {
    const parts = { cache: createTokenCache({ clock: systemClock }) };
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const other = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const decide = async (key: string): Promise<boolean> => {
      const authenticator = createAuthenticator(
        { url, clientID: 'private_key_jwt', clientAuthentication: 'private_key_jwt', ...withKey(key) },
        parts,
      );
      closes.push(() => authenticator.close());
      return (await authenticator.decide({ authorization: undefined })).allowed;
    };
    const closes: (() => Promise<void>)[] = [];
    requests.length = 0;
    expect([await decide(pem), await decide(pem), await decide(other)]).toEqual([true, true, false]);
    expect(requests).toHaveLength(2);
    for (const close of closes) await close();
  });
});
