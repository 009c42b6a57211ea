import { createServer as createHttpServer } from 'node:http';
import type { ServerOptions } from 'node:https';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type OidcProvider from 'oidc-provider';
import { createProviderBase, type ProviderClient } from '../../demo/src/oidc-provider.ts';
import { Provider } from './oidc-provider.ts';
import type { ClientAuthMethod } from '../../middleware/src/base/client-auth-method.ts';

export interface TestClient extends ProviderClient {
  /** Claims of this client's JWT access tokens in addition to `iss`, `sub`, `aud`, `exp`, `iat`, `jti`, `client_id`. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Default `jwt`. */
  readonly tokens?: 'jwt' | 'opaque';
}

export interface TokenRequestRecord {
  readonly method: ClientAuthMethod | 'none';
  readonly clientId: string | undefined;
  readonly audience: string | undefined;
  readonly status: number;
}

export interface AuthorizationServerOptions {
  readonly clients: readonly TestClient[];
  /** Lifetime of a token in seconds; default 3600. */
  readonly lifetimeSeconds?: number;
  /** `aud` of tokens that were requested without `audience`; default `https://api.example.com`. */
  readonly defaultAudience?: string;
  /** Methods that the server accepts from all clients; default both. */
  readonly accepts?: readonly ClientAuthMethod[];
  /** Serves https; with `requestCert` and `ca` it requests a client certificate. */
  readonly tls?: ServerOptions;
}

/** A certified authorization server (`oidc-provider`) on a free port of 127.0.0.1. */
export interface AuthorizationServer {
  readonly issuer: string;
  /** The token endpoint. */
  readonly url: string;
  /** Every token request so far, in the order of the responses. */
  readonly tokenRequests: readonly TokenRequestRecord[];
  /** Number of token requests so far, including pending ones. */
  received(): number;
  /** Client ID to which an access token, even an opaque one, was issued; undefined when it was not issued here. */
  clientOf(accessToken: string): string | undefined;
  /** Adds a client, or changes one: a new secret takes effect with the next request. */
  setClient(client: TestClient): void;
  setLifetime(seconds: number): void;
  accept(methods: readonly ClientAuthMethod[]): void;
  /** Responds to all further requests of this client with 429 and `Retry-After`. */
  limit(clientId: string, seconds: number): void;
  /** Delays responses to token requests until the returned function is called. */
  hold(): () => void;
  close(): Promise<void>;
}

export async function startAuthorizationServer(
  options: AuthorizationServerOptions,
): Promise<AuthorizationServer> {
  const state: ServerState = {
    clients: new Map(options.clients.map((client) => [client.clientId, client])),
    tokenRequests: [],
    issued: new Map(),
    limits: new Map(),
    defaultAudience: options.defaultAudience ?? 'https://api.example.com',
    lifetimeSeconds: options.lifetimeSeconds ?? 3600,
    accepted: options.accepts ?? ['client_secret_basic', 'client_secret_post'],
    gate: undefined,
    received: 0,
  };
  const { server, origin } = await listen(options.tls);
  const provider = createProvider(origin, state);
  provider.use(async (ctx, next) => {
    if (ctx.path !== '/token' || ctx.method !== 'POST') await next();
    else {
      state.received += 1;
      await state.gate;
      await respond(ctx, next, state);
    }
  });
  const handle = provider.callback();
  server.on('request', (request, response) => void handle(request, response));

  return {
    issuer: origin,
    url: `${origin}/token`,
    tokenRequests: state.tokenRequests,
    received: () => state.received,
    clientOf: (accessToken) => state.issued.get(accessToken),
    setClient: (client) => void state.clients.set(client.clientId, client),
    setLifetime: (seconds) => void (state.lifetimeSeconds = seconds),
    accept: (methods) => void (state.accepted = methods),
    limit: (clientId, seconds) => void state.limits.set(clientId, seconds),
    hold(): () => void {
      let release = (): void => {};
      state.gate = new Promise((resolve) => (release = resolve));
      return () => {
        state.gate = undefined;
        release();
      };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** State that tests change while the server runs, and its observations. */
interface ServerState {
  readonly clients: Map<string, TestClient>;
  readonly tokenRequests: TokenRequestRecord[];
  /** Access tokens, with the client ID of each. */
  readonly issued: Map<string, string>;
  /** Client IDs that get 429, with the seconds of `Retry-After`. */
  readonly limits: Map<string, number>;
  readonly defaultAudience: string;
  lifetimeSeconds: number;
  accepted: readonly ClientAuthMethod[];
  /** Delays responses until it resolves. */
  gate: Promise<void> | undefined;
  received: number;
}

async function listen(tls: ServerOptions | undefined) {
  const server = tls === undefined ? createHttpServer() : createHttpsServer(tls);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { server, origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}` };
}

function createProvider(origin: string, state: ServerState): OidcProvider {
  const { clients } = state;
  return new Provider(origin, {
    ...createProviderBase(clients),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        // The audience parameter of Auth0 and others selects the API; oidc-provider supports only the URIs of RFC 8707.
        defaultResource: (ctx) =>
          `urn:audience:${encodeURIComponent(audienceOf(contextOf(ctx)?.body) ?? state.defaultAudience)}`,
        getResourceServerInfo: (_ctx, resource, client) => ({
          scope: '',
          audience: decodeURIComponent(resource.replace(/^urn:audience:/, '')),
          accessTokenTTL: state.lifetimeSeconds,
          accessTokenFormat: clients.get(client.clientId)?.tokens ?? 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    extraTokenClaims: (_ctx, token) => ({ ...clients.get(token.clientId ?? '')?.claims }),
    ttl: {
      ClientCredentials: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? state.lifetimeSeconds,
    },
  });
}

type Middleware = Parameters<OidcProvider['use']>[0];

/** Responds to a token request, and records it. */
async function respond(
  ctx: Parameters<Middleware>[0],
  next: () => Promise<unknown>,
  state: ServerState,
): Promise<void> {
  const basic = ctx.headers.authorization !== undefined;
  if (state.accepted.includes(basic ? 'client_secret_basic' : 'client_secret_post')) await next();
  else {
    ctx.status = 401;
    if (basic) ctx.set('www-authenticate', 'Basic realm="test"');
    ctx.body = { error: 'invalid_client', error_description: 'this method is not accepted' };
  }
  const context = contextOf(ctx);
  const seconds = state.limits.get(context?.client?.clientId ?? '');
  if (seconds !== undefined) {
    ctx.status = 429;
    ctx.set('retry-after', String(seconds));
    ctx.body = {};
  }
  const { access_token: accessToken } = (ctx.body ?? {}) as { readonly access_token?: string };
  if (accessToken !== undefined) state.issued.set(accessToken, context?.client?.clientId ?? '');
  const body = context?.body;
  const posted = body?.['client_secret'] === undefined ? 'none' : 'client_secret_post';
  state.tokenRequests.push({
    method: basic ? 'client_secret_basic' : posted,
    clientId: context?.client?.clientId,
    audience: audienceOf(body),
    status: ctx.status,
  });
}

function audienceOf(body: Record<string, unknown> | undefined): string | undefined {
  const audience = body?.['audience'];
  return typeof audience === 'string' ? audience : undefined;
}

/** oidc-provider's data about a request; undefined before it has processed it. Koa types its own contexts loosely. */
function contextOf(ctx: object): OidcContext | undefined {
  return 'oidc' in ctx ? (ctx.oidc as OidcContext | undefined) : undefined;
}

interface OidcContext {
  readonly body?: Record<string, unknown>;
  readonly client?: { readonly clientId: string };
}
