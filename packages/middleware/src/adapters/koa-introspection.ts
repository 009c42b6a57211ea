import type { Middleware } from 'koa';
import {
  createIntrospectionMiddleware,
  type IntrospectionMiddlewareOptions,
} from '../application/introspection-middleware.ts';
import { toFrameworkMiddleware, type FrameworkMiddleware } from '../application/framework-middleware.ts';
import { createKoaHandler, type AuthState } from './koa-handler.ts';

export type { Auth } from '../application/auth.ts';
export type { IntrospectionMiddlewareOptions } from '../application/introspection-middleware.ts';
export type { RouteRequirements } from '../application/route-requirements.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../application/refusal-error.ts';
export type { AuthState } from './koa-handler.ts';

/**
 * Protects the handlers after it, which have `ctx.state.auth`: only requests with a token that the introspection endpoint reports as active
 * reach them. A refusal sets `ctx.status`, headers and `ctx.body`; nothing is thrown, unless `refusals` changes that.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6750, RFC 7662, RFC 9457
 */
export const oAuthIntrospection = (
  options: IntrospectionMiddlewareOptions,
): FrameworkMiddleware<Middleware<AuthState>> =>
  toFrameworkMiddleware(createIntrospectionMiddleware(options), createKoaHandler, createKoaHandler);
