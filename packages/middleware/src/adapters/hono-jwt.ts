import type { MiddlewareHandler } from 'hono';
import { createJwtGuard, type JwtGuardOptions } from '../guards/jwt-guard.ts';
import { toRouteGuard, type RouteGuard } from '../guards/route-guard.ts';
import { createHonoHandler } from './hono-guard.ts';

// Adds the types of its requests.
export type { Auth } from './hono-guard.ts';
export type { JwtGuardOptions } from '../guards/jwt-guard.ts';
export type { RouteRequirements } from '../guards/route-requirements.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../guards/refusal-error.ts';

/**
 * Protects the handlers after it: only requests with a JWT that is valid for this application reach them, with `c.get('auth')`. A
 * refusal is an ordinary response to the middleware before it, unless `refusals` says otherwise.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6750, RFC 9068, RFC 9457
 */
export const jwt = (options: JwtGuardOptions): RouteGuard<MiddlewareHandler> =>
  toRouteGuard(createJwtGuard(options), createHonoHandler, createHonoHandler);
