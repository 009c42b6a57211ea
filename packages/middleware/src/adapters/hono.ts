import type { MiddlewareHandler } from 'hono';
import type { ClientCredentialsMiddlewareOptions } from '../application/client-credentials-middleware.ts';
import { createClientCredentialsMiddleware } from '../application/client-credentials-middleware.ts';
import { createHonoHandler } from './hono-handler.ts';

// Adds the types of its requests.
export type { Auth } from './hono-handler.ts';
export type { ClientCredentialsMiddlewareOptions } from '../application/client-credentials-middleware.ts';
export type { DiscoveryEvent, RenewalEvent, StoreEvent } from '../create.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../application/refusal-error.ts';

/** Hono middleware. */
export interface HonoMiddleware extends MiddlewareHandler {
  /** Drops the tokens and closes the connections to the authorization server. Close the server first. */
  close(): Promise<void>;
}

/**
 * Protects the handlers after it: `c.get('auth')` is the caller, and `c.req` the request as the gateway would have forwarded
 * it. A refusal is an ordinary response to the middleware before it, unless `refusals` changes that.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6749 section 4.4, RFC 9457
 */
export function oAuthClientCredentials(options: ClientCredentialsMiddlewareOptions): HonoMiddleware {
  const middleware = createClientCredentialsMiddleware(options);
  return Object.assign(createHonoHandler(middleware), { close: () => middleware.close() });
}
