import { createExchangeGuard, type ExchangeGuardOptions } from '../guards/exchange-guard.ts';
import { toRouteGuard, type RouteGuard } from '../guards/route-guard.ts';
import { createExpressHandler, type ExpressHandler } from './express-guard.ts';

export type { Auth } from '../guards/auth.ts';
export type { ExchangeGuardOptions } from '../guards/exchange-guard.ts';
export type { RouteRequirements } from '../guards/route-requirements.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../guards/refusal-error.ts';
export { authOf } from './express-guard.ts';

/**
 * Protects the handlers after it: calls `next` only for requests with a token that the authorization server exchanges; they have
 * `request.auth`, and the new token in `Authorization`. It responds to all others itself and calls no error handler, unless `refusals` says
 * otherwise.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6750, RFC 8693, RFC 9457
 */
export const oAuthTokenExchange = (options: ExchangeGuardOptions): RouteGuard<ExpressHandler> =>
  toRouteGuard(createExchangeGuard(options), createExpressHandler, createExpressHandler);
