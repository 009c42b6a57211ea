import type { Middleware } from 'koa';
import { createJwtMiddleware, type JwtMiddlewareOptions } from '../application/jwt-middleware.ts';
import { toFrameworkMiddleware, type FrameworkMiddleware } from '../application/framework-middleware.ts';
import { createKoaHandler, type AuthState } from './koa-handler.ts';

export type { Auth } from '../application/auth.ts';
export type { JwtMiddlewareOptions } from '../application/jwt-middleware.ts';
export type { RouteRequirements } from '../application/route-requirements.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../application/refusal-error.ts';
export type { AuthState } from './koa-handler.ts';

/**
 * Protects the handlers after it, which have `ctx.state.auth`: only requests with a JWT that is valid for this application reach them.
 * A refusal sets `ctx.status`, headers and `ctx.body`; nothing is thrown, unless `refusals` changes that.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6750, RFC 9068, RFC 9457
 */
export const jwt = (options: JwtMiddlewareOptions): FrameworkMiddleware<Middleware<AuthState>> =>
  toFrameworkMiddleware(createJwtMiddleware(options), createKoaHandler, createKoaHandler);
