import type { ClientCredentialsMiddlewareOptions } from '../application/client-credentials-middleware.ts';
import { createClientCredentialsMiddleware } from '../application/client-credentials-middleware.ts';
import { createExpressHandler, type ExpressHandler } from './express-handler.ts';

export type { Auth } from '../application/auth.ts';
export type { ClientCredentialsMiddlewareOptions } from '../application/client-credentials-middleware.ts';
export type { DiscoveryEvent, RenewalEvent, StoreEvent } from '../create.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../application/refusal-error.ts';
export { authOf } from './express-handler.ts';

/** Middleware for Express 4 and 5, Connect, and, with your own `next`, `node:http` and `node:http2`. */
export interface ConnectMiddleware extends ExpressHandler {
  /** Drops the tokens and closes the connections to the authorization server. Close the server first. */
  close(): Promise<void>;
}

/**
 * Protects the handlers after it: calls `next` only for requests that may pass, in the same turn when the token is in memory;
 * they have `request.auth`. It responds to all others itself and calls no error handler, unless `refusals` changes that.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6749 section 4.4, RFC 9457
 */
export function oAuthClientCredentials(options: ClientCredentialsMiddlewareOptions): ConnectMiddleware {
  const middleware = createClientCredentialsMiddleware(options);
  return Object.assign(createExpressHandler(middleware), { close: () => middleware.close() });
}
