import type { MiddlewareHandler } from 'hono';
import {
  createExchangeMiddleware,
  type ExchangeMiddlewareOptions,
} from '../application/exchange-middleware.ts';
import { toFrameworkMiddleware, type FrameworkMiddleware } from '../application/framework-middleware.ts';
import { createHonoHandler } from './hono-handler.ts';

// Adds the types of its requests.
export type { Auth } from './hono-handler.ts';
export type { ExchangeMiddlewareOptions } from '../application/exchange-middleware.ts';
export type { RouteRequirements } from '../application/route-requirements.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../application/refusal-error.ts';

/**
 * Protects the handlers after it: only requests with a token that the authorization server exchanges reach them, with `c.get('auth')` and the new
 * token in `Authorization`. A refusal is an ordinary response to the middleware before it, unless `refusals` changes that.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6750, RFC 8693, RFC 9457
 */
export const oAuthTokenExchange = (
  options: ExchangeMiddlewareOptions,
): FrameworkMiddleware<MiddlewareHandler> =>
  toFrameworkMiddleware(createExchangeMiddleware(options), createHonoHandler, createHonoHandler);
