import type { Middleware } from 'koa';
import type { ClientCredentialsMiddlewareOptions } from '../application/client-credentials-middleware.ts';
import { createClientCredentialsMiddleware } from '../application/client-credentials-middleware.ts';
import { createKoaHandler, type AuthState } from './koa-handler.ts';

export type { Auth } from '../application/auth.ts';
export type { ClientCredentialsMiddlewareOptions } from '../application/client-credentials-middleware.ts';
export type { DiscoveryEvent, RenewalEvent, StoreEvent } from '../create.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../application/refusal-error.ts';
export type { AuthState } from './koa-handler.ts';

/** Koa middleware. */
export interface KoaMiddleware extends Middleware<AuthState> {
  /** Drops the tokens and closes the connections to the authorization server. Close the server first. */
  close(): Promise<void>;
}

/**
 * Protects the handlers after it, which have `ctx.state.auth`. A refusal sets `ctx.status`, headers and `ctx.body`, like any
 * response; nothing is thrown, unless `refusals` changes that.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6749 section 4.4, RFC 9457
 */
export function oAuthClientCredentials(options: ClientCredentialsMiddlewareOptions): KoaMiddleware {
  const middleware = createClientCredentialsMiddleware(options);
  return Object.assign(createKoaHandler(middleware), { close: () => middleware.close() });
}
