import { generateKeyPairSync } from 'node:crypto';
import type { Adapter, Configuration } from 'oidc-provider';
import type Provider from 'oidc-provider';

/**
 * Loads `oidc-provider`, a certified authorization server. While it loads, it prints a recommendation to use a newer Node.js, which
 * is suppressed because no reader of that output can act on it.
 */
export async function loadProvider(): Promise<typeof Provider> {
  const { console } = globalThis;
  const quiet = Object.assign(Object.create(console) as typeof console, { warn: () => {}, info: () => {} });
  globalThis.console = quiet;
  try {
    return (await import('oidc-provider')).default;
  } finally {
    globalThis.console = console;
  }
}

/** A client that requests tokens with its credentials. */
export interface ProviderClient {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** A server without browsers that signs tokens with a new key (ES256), and looks clients up in the map for each request. */
export function createProviderBase(clients: ReadonlyMap<string, ProviderClient>): Configuration {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    adapter: (model) => createAdapter(model, clients),
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig' }] },
    // No browser uses it, so cookies are never set.
    cookies: { keys: ['unused'] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
  };
}

/** Only clients are stored: a token is never looked up again. */
function createAdapter(model: string, clients: ReadonlyMap<string, ProviderClient>): Adapter {
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
