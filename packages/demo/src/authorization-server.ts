import { generateKeyPairSync } from 'node:crypto';
import type { Adapter } from 'oidc-provider';
import type Provider from 'oidc-provider';
import type { LocalServer } from './local-server.ts';
import { openLocalServer } from './local-server.ts';

export interface DemoClient {
  readonly clientId: string;
  readonly clientSecret: string;
  /** What its access tokens say beside `iss`, `sub`, `aud`, `exp`, `iat`, `jti` and `client_id`. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface DemoAuthorizationServer extends LocalServer {
  /** How many token requests it has answered. */
  readonly tokenRequests: () => number;
}

/** A certified authorization server, `oidc-provider`, that issues JWT access tokens to clients by their credentials. */
export async function startAuthorizationServer(
  port: number,
  clients: readonly DemoClient[],
): Promise<DemoAuthorizationServer> {
  const byId = new Map(clients.map((client) => [client.clientId, client]));
  const server = await openLocalServer(port);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const lifetimeSeconds = 3600;
  const AuthorizationServer = await loadQuietly();
  const provider = new AuthorizationServer(server.url, {
    adapter: (model) => createAdapter(model, byId),
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig' }] },
    // No browser comes here: cookies are never set.
    cookies: { keys: ['unused'] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'https://api.example.com',
        getResourceServerInfo: (_ctx, audience) => ({
          scope: '',
          audience,
          accessTokenTTL: lifetimeSeconds,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    extraTokenClaims: (_ctx, token) => ({ ...byId.get(token.clientId ?? '')?.claims }),
    ttl: { ClientCredentials: lifetimeSeconds },
  });
  let tokenRequests = 0;
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.path === '/token') tokenRequests += 1;
  });
  const answer = provider.callback();
  server.onRequest((request, response) => void answer(request, response));
  return { ...server, tokenRequests: () => tokenRequests };
}

/** The package says on the console, while it is loaded, that it prefers a newer Node.js; the demo's reader cannot act on that. */
async function loadQuietly(): Promise<typeof Provider> {
  const { console } = globalThis;
  const quiet = Object.assign(Object.create(console) as typeof console, { warn: () => {}, info: () => {} });
  globalThis.console = quiet;
  try {
    return (await import('oidc-provider')).default;
  } finally {
    globalThis.console = console;
  }
}

/** Clients are the only thing that is kept: nobody asks for a JWT again. */
function createAdapter(model: string, clients: ReadonlyMap<string, DemoClient>): Adapter {
  return {
    async find(id) {
      const client = model === 'Client' ? clients.get(id) : undefined;
      return (
        client && {
          client_id: client.clientId,
          client_secret: client.clientSecret,
          grant_types: ['client_credentials'],
          response_types: [],
          redirect_uris: [],
        }
      );
    },
    async upsert() {},
    async findByUid() {},
    async findByUserCode() {},
    async consume() {},
    async destroy() {},
    async revokeByGrantId() {},
  };
}
