import type { ClientCredentialsMiddlewareOptions } from '../application/client-credentials-middleware.ts';
import { createClientCredentialsMiddleware } from '../application/client-credentials-middleware.ts';
import { createProtectFetch, type ProtectFetch } from './protect-fetch.ts';

export type { Auth } from '../application/auth.ts';
export type { ClientCredentialsMiddlewareOptions } from '../application/client-credentials-middleware.ts';
export type { DiscoveryEvent, RenewalEvent, StoreEvent } from '../create.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../application/refusal-error.ts';

/** Protects Fetch handlers. */
export type FetchMiddleware = ProtectFetch & {
  /** Drops the tokens and closes the connections to the authorization server. Close the server first. */
  close(): Promise<void>;
};

/**
 * Creates a wrapper for handlers `(Request) => Response`, on a runtime with Node's modules.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6749 section 4.4, RFC 9457
 */
export function oAuthClientCredentials(options: ClientCredentialsMiddlewareOptions): FetchMiddleware {
  const middleware = createClientCredentialsMiddleware(options);
  return Object.assign(createProtectFetch(middleware), { close: () => middleware.close() });
}
