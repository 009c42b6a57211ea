import type { MiddlewareHandler } from 'hono';
import { createExchangeGuard, type ExchangeGuardOptions } from '../guards/exchange-guard.ts';
import { toRouteGuard, type RouteGuard } from '../guards/route-guard.ts';
import { createHonoHandler } from './hono-guard.ts';

// Adds the types of its requests.
export type { Auth } from './hono-guard.ts';
export type { ExchangeGuardOptions } from '../guards/exchange-guard.ts';
export type { RouteRequirements } from '../guards/route-requirements.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../guards/refusal-error.ts';

/**
 * Protects the handlers after it: only requests with a token that the authorization server exchanges reach them, with `c.get('auth')` and the new
 * token in `Authorization`. A refusal is an ordinary response to the middleware before it, unless `refusals` says otherwise.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6750, RFC 8693, RFC 9457
 */
export const oAuthTokenExchange = (options: ExchangeGuardOptions): RouteGuard<MiddlewareHandler> =>
  toRouteGuard(createExchangeGuard(options), createHonoHandler, createHonoHandler);
