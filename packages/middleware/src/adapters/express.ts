import type { GuardOptions } from '../guards/client-credentials-guard.ts';
import { createGuard } from '../guards/client-credentials-guard.ts';
import { createExpressHandler, type ExpressHandler } from './express-guard.ts';

export type { Auth } from '../guards/auth.ts';
export type { GuardOptions } from '../guards/client-credentials-guard.ts';
export type { DiscoveryEvent, RenewalEvent, StoreEvent } from '../create.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../guards/refusal-error.ts';
export { authOf } from './express-guard.ts';

/** Middleware for Express 4 and 5, Connect, and, with your own `next`, `node:http` and `node:http2`. */
export interface ConnectMiddleware extends ExpressHandler {
  /** Drops the tokens and closes the connections to the authorization server. Close the server first. */
  close(): Promise<void>;
}

/**
 * Protects the handlers after it: calls `next` only for requests that may pass, in the same turn when the token is in memory;
 * they have `request.auth`. It responds to all others itself and calls no error handler, unless `refusals` says otherwise.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6749 section 4.4, RFC 9457
 */
export function oAuthClientCredentials(options: GuardOptions): ConnectMiddleware {
  const guard = createGuard(options);
  return Object.assign(createExpressHandler(guard), { close: () => guard.close() });
}
