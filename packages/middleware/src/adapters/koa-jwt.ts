import type { Middleware } from 'koa';
import { createJwtGuard, type JwtGuardOptions } from '../guards/jwt-guard.ts';
import { toRouteGuard, type RouteGuard } from '../guards/route-guard.ts';
import { createKoaHandler, type AuthState } from './koa-guard.ts';

export type { Auth } from '../guards/auth.ts';
export type { JwtGuardOptions } from '../guards/jwt-guard.ts';
export type { RouteRequirements } from '../guards/route-requirements.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../guards/refusal-error.ts';
export type { AuthState } from './koa-guard.ts';

/**
 * Protects the handlers after it, which have `ctx.state.auth`: only requests with a JWT that is valid for this application reach them.
 * A refusal sets `ctx.status`, headers and `ctx.body`; nothing is thrown, unless `refusals` says otherwise.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6750, RFC 9068, RFC 9457
 */
export const jwt = (options: JwtGuardOptions): RouteGuard<Middleware<AuthState>> =>
  toRouteGuard(createJwtGuard(options), createKoaHandler, createKoaHandler);
