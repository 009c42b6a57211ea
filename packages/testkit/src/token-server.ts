import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { Provider } from './oidc-provider.ts';

/** A client of the server; each may introspect all tokens. */
export interface TokenServerClient {
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface TokenServerRequest {
  readonly path: string;
  readonly client: string;
  readonly status: number;
}

/**
 * A certified authorization server (`oidc-provider`) that issues opaque tokens, introspects and revokes them, and exchanges them (RFC
 * 8693) for JWTs whose `sub` is the client of the subject token, and `act.sub` that of the actor token.
 */
export interface TokenServer {
  readonly issuer: string;
  readonly url: string;
  readonly introspectionUrl: string;
  /** Requests that got a response, by path. */
  readonly requests: readonly TokenServerRequest[];
  /** @param lifetimeSeconds default: 3600. @param scope of `orders:read` and `orders:write`; default: none. */
  issue(client: TokenServerClient, lifetimeSeconds?: number, scope?: string): Promise<string>;
  revoke(client: TokenServerClient, token: string): Promise<void>;
  close(): Promise<void>;
}

export async function startTokenServer(clients: readonly TokenServerClient[]): Promise<TokenServer> {
  const requests: TokenServerRequest[] = [];
  let lifetimeSeconds = 3600;
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const provider = new Provider(issuer, {
    adapter: createAdapter(clients),
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig' }] },
    cookies: { keys: ['test'] },
    scopes: ['orders:read', 'orders:write'],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: () => true },
      jwtIntrospection: { enabled: true },
      revocation: { enabled: true, allowedPolicy: () => true },
    },
    ttl: { ClientCredentials: () => lifetimeSeconds },
    formats: {
      customizers: {
        // Its own `sub` is the client that performs the exchange.
        jwt: (ctx, _token, { payload }) => void Object.assign(payload, exchangedClaims.get(ctx)),
      },
    },
  });
  registerTokenExchange(provider);
  provider.use(async (ctx, next) => {
    await next();
    const client = (ctx['oidc'] as { readonly client?: { readonly clientId: string } } | undefined)?.client;
    requests.push({ path: ctx.path, client: client?.clientId ?? '', status: ctx.status });
  });
  // Koa's own type of a request handler returns a promise, which Node.js ignores.
  const handle = provider.callback();
  server.on('request', (request, response) => void handle(request, response));
  const post = async (path: string, { clientId, clientSecret }: TokenServerClient, form: object) => {
    const response = await fetch(issuer + path, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
      body: new URLSearchParams({ ...form }),
    });
    return (response.headers.get('content-type') ?? '').includes('json')
      ? ((await response.json()) as { readonly access_token?: string })
      : {};
  };
  return {
    issuer,
    url: `${issuer}/token`,
    introspectionUrl: `${issuer}/token/introspection`,
    requests,
    async issue(client, seconds = 3600, scope) {
      lifetimeSeconds = seconds;
      const form = { grant_type: 'client_credentials', ...(scope !== undefined && { scope }) };
      const { access_token: token } = await post('/token', client, form);
      if (token === undefined) throw new Error('no token');
      return token;
    },
    async revoke(client, token) {
      await post('/token/revocation', client, { token });
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange';

interface ExchangeParameters {
  readonly subject_token?: string;
  readonly audience?: string;
  readonly actor_token?: string;
}

/** By the context of a request: claims of the token that it receives. */
const exchangedClaims = new WeakMap<object, Record<string, unknown>>();

function registerTokenExchange(provider: InstanceType<typeof Provider>): void {
  provider.registerGrantType<ExchangeParameters>(
    tokenExchange,
    async (ctx) => {
      const { client, params } = ctx.oidc;
      const clientOf = async (token = ''): Promise<string> => {
        const found = await provider.ClientCredentials.find(token);
        // Already loaded, with its console output suppressed.
        const { errors } = await import('oidc-provider');
        if (found?.clientId === undefined || !found.isValid)
          throw new errors.InvalidRequest('the token is not known');
        return found.clientId;
      };
      const sub = await clientOf(params.subject_token);
      const actor = params.actor_token === undefined ? undefined : await clientOf(params.actor_token);
      exchangedClaims.set(ctx, { sub, ...(actor !== undefined && { act: { sub: actor } }) });
      const token = new provider.ClientCredentials({ client, scope: 'orders:read' });
      const data = {
        scope: 'orders:read',
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      } as const;
      token.resourceServer = new provider.ResourceServer(params.audience ?? 'urn:orders', data);
      ctx.body = {
        access_token: await token.save(),
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        token_type: token.tokenType,
        expires_in: token.expiration,
      };
    },
    [
      ...['subject_token', 'subject_token_type', 'requested_token_type', 'audience', 'resource', 'scope'],
      ...['actor_token', 'actor_token_type'],
    ],
    ['audience', 'resource'],
  );
}

/** Keeps tokens in memory, each by its name. */
function createAdapter(clients: readonly TokenServerClient[]): (model: string) => Adapter {
  const payloads = new Map<string, AdapterPayload>();
  return (model) => ({
    async find(id) {
      const client = model === 'Client' ? clients.find(({ clientId }) => clientId === id) : undefined;
      if (client === undefined) return payloads.get(`${model}:${id}`);
      return {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        grant_types: ['client_credentials', tokenExchange],
        response_types: [],
        redirect_uris: [],
        introspection_signed_response_alg: 'ES256',
      };
    },
    async upsert(id, payload) {
      payloads.set(`${model}:${id}`, payload);
    },
    async destroy(id) {
      payloads.delete(`${model}:${id}`);
    },
    async findByUid() {},
    async findByUserCode() {},
    async consume() {},
    async revokeByGrantId() {},
  });
}
