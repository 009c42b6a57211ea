import type { Middleware } from 'koa';
import {
  createExchangeMiddleware,
  type ExchangeMiddlewareOptions,
} from '../application/exchange-middleware.ts';
import { toFrameworkMiddleware, type FrameworkMiddleware } from '../application/framework-middleware.ts';
import { createKoaHandler, type AuthState } from './koa-handler.ts';

export type { Auth } from '../application/auth.ts';
export type { ExchangeMiddlewareOptions } from '../application/exchange-middleware.ts';
export type { RouteRequirements } from '../application/route-requirements.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../application/refusal-error.ts';
export type { AuthState } from './koa-handler.ts';

/**
 * Protects the handlers after it, which have `ctx.state.auth`, and the exchanged token in `Authorization`: only requests with a token that the
 * authorization server exchanges reach them. A refusal sets `ctx.status`, headers and `ctx.body`; nothing is thrown, unless `refusals` says
 * otherwise.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6750, RFC 8693, RFC 9457
 */
export const oAuthTokenExchange = (
  options: ExchangeMiddlewareOptions,
): FrameworkMiddleware<Middleware<AuthState>> =>
  toFrameworkMiddleware(createExchangeMiddleware(options), createKoaHandler, createKoaHandler);
