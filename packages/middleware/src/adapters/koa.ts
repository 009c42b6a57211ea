import type { Middleware } from 'koa';
import type { GuardOptions } from '../guards/client-credentials-guard.ts';
import { createGuard } from '../guards/client-credentials-guard.ts';
import { createKoaHandler, type AuthState } from './koa-guard.ts';

export type { Auth } from '../guards/auth.ts';
export type { GuardOptions } from '../guards/client-credentials-guard.ts';
export type { DiscoveryEvent, RenewalEvent, StoreEvent } from '../create.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../guards/refusal-error.ts';
export type { AuthState } from './koa-guard.ts';

/** Koa middleware. */
export interface KoaMiddleware extends Middleware<AuthState> {
  /** Drops the tokens and closes the connections to the authorization server. Close the server first. */
  close(): Promise<void>;
}

/**
 * Protects the handlers after it, which have `ctx.state.auth`. A refusal sets `ctx.status`, headers and `ctx.body`, like any
 * response; nothing is thrown, unless `refusals` says otherwise.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6749 section 4.4, RFC 9457
 */
export function oAuthClientCredentials(options: GuardOptions): KoaMiddleware {
  const guard = createGuard(options);
  return Object.assign(createKoaHandler(guard), { close: () => guard.close() });
}
