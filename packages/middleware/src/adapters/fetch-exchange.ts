import {
  createExchangeMiddleware,
  type ExchangeMiddlewareOptions,
} from '../application/exchange-middleware.ts';
import { toFrameworkMiddleware, type FrameworkMiddleware } from '../application/framework-middleware.ts';
import { createProtectFetch, type ProtectFetch } from './protect-fetch.ts';

export type { Auth } from '../application/auth.ts';
export type { ExchangeMiddlewareOptions } from '../application/exchange-middleware.ts';
export type { RouteRequirements } from '../application/route-requirements.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../application/refusal-error.ts';

/**
 * Creates a wrapper for handlers `(Request) => Response`, on a runtime with Node's modules: they get requests with the exchanged token in
 * `Authorization`, and the caller. With `refusals: 'error'`, it throws or rejects.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6750, RFC 8693, RFC 9457
 */
export const oAuthTokenExchange = (options: ExchangeMiddlewareOptions): FrameworkMiddleware<ProtectFetch> =>
  toFrameworkMiddleware(createExchangeMiddleware(options), createProtectFetch, createProtectFetch);
