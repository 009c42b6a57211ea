import { generateKeyPairSync } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import type { ServerOptions } from 'node:https';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Adapter } from 'oidc-provider';
import { Provider } from './oidc-provider.ts';
import type { ClientAuthMethod } from '../../middleware/src/base/client-auth-method.ts';

export interface TestClient {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Put into this client's JWT access tokens beside `iss`, `sub`, `aud`, `exp`, `iat`, `jti`, `client_id`. */
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
  /** Seconds that a token lives; default 3600. */
  readonly lifetimeSeconds?: number;
  /** `aud` of tokens that were asked for without `audience`; default `https://api.example.com`. */
  readonly defaultAudience?: string;
  /** Methods that the server accepts from all clients; default both. */
  readonly accepts?: readonly ClientAuthMethod[];
  /** Serves https; `requestCert` and `ca` make it ask for a client certificate. */
  readonly tls?: ServerOptions;
}

/** A certified authorization server (`oidc-provider`) on a free port of 127.0.0.1. */
export interface AuthorizationServer {
  readonly issuer: string;
  /** The token endpoint. */
  readonly url: string;
  /** Every token request so far, in the order of the answers. */
  readonly tokenRequests: readonly TokenRequestRecord[];
  /** How many token requests have come, the unanswered ones too. */
  received(): number;
  /** Client ID to which an access token was issued, an opaque one too; undefined when it was not issued here. */
  clientOf(accessToken: string): string | undefined;
  /** Adds a client, or changes one: a new secret takes effect with the next request. */
  setClient(client: TestClient): void;
  setLifetime(seconds: number): void;
  accept(methods: readonly ClientAuthMethod[]): void;
  /** Responds to this client with 429 and `Retry-After` from now on. */
  limit(clientId: string, seconds: number): void;
  /** Answers to token requests wait until the returned function is called. */
  hold(): () => void;
  close(): Promise<void>;
}

export async function startAuthorizationServer(
  options: AuthorizationServerOptions,
): Promise<AuthorizationServer> {
  const clients = new Map(options.clients.map((client) => [client.clientId, client]));
  const tokenRequests: TokenRequestRecord[] = [];
  const issued = new Map<string, string>();
  let lifetimeSeconds = options.lifetimeSeconds ?? 3600;
  let accepted: readonly ClientAuthMethod[] = options.accepts ?? [
    'client_secret_basic',
    'client_secret_post',
  ];
  const limits = new Map<string, number>();
  let gate: Promise<void> | undefined;
  let received = 0;

  const { tls } = options;
  const server = tls === undefined ? createHttpServer() : createHttpsServer(tls);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const provider = new Provider(origin, {
    adapter: (model) => createAdapter(model, clients),
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
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        // The audience parameter of Auth0 and others selects the API; oidc-provider knows RFC 8707's URIs only.
        defaultResource: (ctx) =>
          `urn:audience:${encodeURIComponent(audienceOf(contextOf(ctx)?.body) ?? options.defaultAudience ?? 'https://api.example.com')}`,
        getResourceServerInfo: (_ctx, resource, client) => ({
          scope: '',
          audience: decodeURIComponent(resource.replace(/^urn:audience:/, '')),
          accessTokenTTL: lifetimeSeconds,
          accessTokenFormat: clients.get(client.clientId)?.tokens ?? 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    extraTokenClaims: (_ctx, token) => ({ ...clients.get(token.clientId ?? '')?.claims }),
    ttl: { ClientCredentials: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? lifetimeSeconds },
  });
  provider.use(async (ctx, next) => {
    if (ctx.path !== '/token' || ctx.method !== 'POST') {
      await next();
      return;
    }
    const basic = ctx.headers.authorization !== undefined;
    received += 1;
    await gate;
    if (accepted.includes(basic ? 'client_secret_basic' : 'client_secret_post')) await next();
    else {
      ctx.status = 401;
      if (basic) ctx.set('www-authenticate', 'Basic realm="test"');
      ctx.body = { error: 'invalid_client', error_description: 'this method is not accepted' };
    }
    const context = contextOf(ctx);
    const seconds = limits.get(context?.client?.clientId ?? '');
    if (seconds !== undefined) {
      ctx.status = 429;
      ctx.set('retry-after', String(seconds));
      ctx.body = {};
    }
    const { access_token: accessToken } = (ctx.body ?? {}) as { readonly access_token?: string };
    if (accessToken !== undefined) issued.set(accessToken, context?.client?.clientId ?? '');
    const body = context?.body;
    tokenRequests.push({
      method: basic
        ? 'client_secret_basic'
        : body?.['client_secret'] === undefined
          ? 'none'
          : 'client_secret_post',
      clientId: context?.client?.clientId,
      audience: audienceOf(body),
      status: ctx.status,
    });
  });
  const handle = provider.callback();
  server.on('request', (request, response) => void handle(request, response));

  return {
    issuer: origin,
    url: `${origin}/token`,
    tokenRequests,
    received: () => received,
    clientOf: (accessToken) => issued.get(accessToken),
    setClient: (client) => void clients.set(client.clientId, client),
    setLifetime: (seconds) => void (lifetimeSeconds = seconds),
    accept: (methods) => void (accepted = methods),
    limit: (clientId, seconds) => void limits.set(clientId, seconds),
    hold(): () => void {
      let release = (): void => {};
      gate = new Promise((resolve) => (release = resolve));
      return () => {
        gate = undefined;
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

function audienceOf(body: Record<string, unknown> | undefined): string | undefined {
  const audience = body?.['audience'];
  return typeof audience === 'string' ? audience : undefined;
}

/** Clients are looked up in the map each time; tokens need not be kept, nobody asks for them again. */
function createAdapter(model: string, clients: ReadonlyMap<string, TestClient>): Adapter {
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

/** What oidc-provider knows of a request; undefined before it has looked at it. Koa types its own contexts loosely. */
function contextOf(ctx: object): OidcContext | undefined {
  return 'oidc' in ctx ? (ctx.oidc as OidcContext | undefined) : undefined;
}

interface OidcContext {
  readonly body?: Record<string, unknown>;
  readonly client?: { readonly clientId: string };
}
