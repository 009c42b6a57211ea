import type { LocalServer } from './local-server.ts';
import { openLocalServer } from './local-server.ts';
import { createProviderBase, loadProvider, type ProviderClient } from './oidc-provider.ts';

export interface DemoClient extends ProviderClient {
  /** Claims of its access tokens in addition to `iss`, `sub`, `aud`, `exp`, `iat`, `jti` and `client_id`. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface DemoAuthorizationServer extends LocalServer {
  /** Number of token requests that it has responded to. */
  readonly tokenRequests: () => number;
}

/** A certified authorization server, `oidc-provider`, that issues JWT access tokens to clients by their credentials. */
export async function startAuthorizationServer(
  port: number,
  clients: readonly DemoClient[],
): Promise<DemoAuthorizationServer> {
  const byId = new Map(clients.map((client) => [client.clientId, client]));
  const server = await openLocalServer(port);
  const lifetimeSeconds = 3600;
  const AuthorizationServer = await loadProvider();
  const provider = new AuthorizationServer(server.url, {
    ...createProviderBase(byId),
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
  const handle = provider.callback();
  server.onRequest((request, response) => void handle(request, response));
  return { ...server, tokenRequests: () => tokenRequests };
}
