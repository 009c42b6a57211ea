import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHash, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, SignJWT, type JWK } from 'jose';
import { createTestKey, type TestKey } from '../jwt/jwt.testkit.ts';
import { Provider } from '../../../testkit/src/oidc-provider.ts';

/** A certified authorization server (`oidc-provider`) that issues access tokens of RFC 9068 for `audience`. */
export interface JwtIssuer {
  readonly url: string;
  readonly audience: string;
  /** Its signing key. */
  readonly key: TestKey;
  /** Paths of the requests so far. */
  readonly paths: readonly string[];
  /** Issues a token to a client; its claim `grp` is the client's name. @param dpopKey the key to bind it to (RFC 9449). */
  issue(clientId: 'admin' | 'tester', scope: string, dpopKey?: TestKey): Promise<string>;
  close(): Promise<void>;
}

export async function startJwtIssuer(): Promise<JwtIssuer> {
  const key = createTestKey('op-1');
  const audience = 'https://orders.example/';
  const paths: string[] = [];
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = (id: string) => ({
    client_id: id,
    client_secret: `${id}-secret`,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    id_token_signed_response_alg: 'ES256' as const,
  });
  const provider = new Provider(url, {
    clients: [client('admin'), client('tester')],
    scopes: ['orders:read', 'orders:write'],
    cookies: { keys: ['test'] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        getResourceServerInfo: () => ({
          scope: 'orders:read orders:write',
          audience,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    extraTokenClaims: (_ctx, token) => ({ grp: token.clientId, count: 7 }),
    jwks: {
      keys: [{ ...key.privateKey.export({ format: 'jwk' }), kid: 'op-1', alg: 'ES256', use: 'sig' }],
    },
  });
  const handle = provider.callback();
  server.on('request', (request, response) => {
    paths.push(request.url ?? '');
    void handle(request, response);
  });
  return {
    url,
    audience,
    key,
    paths,
    async issue(clientId, scope, dpopKey) {
      const response = await fetch(`${url}/token`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`${clientId}:${clientId}-secret`).toString('base64')}`,
          ...(dpopKey && { dpop: await createProof(dpopKey, 'POST', `${url}/token`) }),
        },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope }),
      });
      const body = (await response.json()) as { readonly access_token?: string };
      if (body.access_token === undefined) throw new Error(`no token: ${JSON.stringify(body)}`);
      return body.access_token;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Creates a DPoP proof (RFC 9449 section 4.2). @param token that the proof accompanies; undefined for a token request. */
export function createProof(key: TestKey, method: string, url: string, token?: string): Promise<string> {
  const ath = token && createHash('sha256').update(token).digest('base64url');
  return new SignJWT({ htm: method, htu: url, jti: randomUUID(), ...(ath && { ath }) })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: publicJwk(key) })
    .setIssuedAt()
    .sign(key.privateKey);
}

const publicJwk = ({ publicKey }: TestKey): JWK => publicKey.export({ format: 'jwk' });
export const thumbprintOf = (key: TestKey): Promise<string> => calculateJwkThumbprint(publicJwk(key));
