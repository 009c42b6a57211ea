import type { MiddlewareHandler } from 'hono';
import { createJwtMiddleware, type JwtMiddlewareOptions } from '../application/jwt-middleware.ts';
import { toFrameworkMiddleware, type FrameworkMiddleware } from '../application/framework-middleware.ts';
import { createHonoHandler } from './hono-handler.ts';

// Adds the types of its requests.
export type { Auth } from './hono-handler.ts';
export type { JwtMiddlewareOptions } from '../application/jwt-middleware.ts';
export type { RouteRequirements } from '../application/route-requirements.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../application/refusal-error.ts';

/**
 * Protects the handlers after it: only requests with a JWT that is valid for this application reach them, with `c.get('auth')`. A
 * refusal is an ordinary response to the middleware before it, unless `refusals` changes that.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6750, RFC 9068, RFC 9457
 */
export const jwt = (options: JwtMiddlewareOptions): FrameworkMiddleware<MiddlewareHandler> =>
  toFrameworkMiddleware(createJwtMiddleware(options), createHonoHandler, createHonoHandler);
