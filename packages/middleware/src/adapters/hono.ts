import type { MiddlewareHandler } from 'hono';
import type { GuardOptions } from '../guards/client-credentials-guard.ts';
import { createGuard } from '../guards/client-credentials-guard.ts';
import { createHonoHandler } from './hono-guard.ts';

// Adds the types of its requests.
export type { Auth } from './hono-guard.ts';
export type { GuardOptions } from '../guards/client-credentials-guard.ts';
export type { DiscoveryEvent, RenewalEvent, StoreEvent } from '../create.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../guards/refusal-error.ts';

/** Hono middleware. */
export interface HonoMiddleware extends MiddlewareHandler {
  /** Drops the tokens and closes the connections to the authorization server. Close the server first. */
  close(): Promise<void>;
}

/**
 * Protects the handlers after it: `c.get('auth')` is the caller, and `c.req` the request as the gateway would have forwarded
 * it. A refusal is an ordinary response to the middleware before it, unless `refusals` says otherwise.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6749 section 4.4, RFC 9457
 */
export function oAuthClientCredentials(options: GuardOptions): HonoMiddleware {
  const guard = createGuard(options);
  return Object.assign(createHonoHandler(guard), { close: () => guard.close() });
}
