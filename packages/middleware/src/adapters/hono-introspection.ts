import type { MiddlewareHandler } from 'hono';
import {
  createIntrospectionMiddleware,
  type IntrospectionMiddlewareOptions,
} from '../application/introspection-middleware.ts';
import { toFrameworkMiddleware, type FrameworkMiddleware } from '../application/framework-middleware.ts';
import { createHonoHandler } from './hono-handler.ts';

// Adds the types of its requests.
export type { Auth } from './hono-handler.ts';
export type { IntrospectionMiddlewareOptions } from '../application/introspection-middleware.ts';
export type { RouteRequirements } from '../application/route-requirements.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../application/refusal-error.ts';

/**
 * Protects the handlers after it: only requests with a token that the introspection endpoint reports as active reach them, with
 * `c.get('auth')`. A refusal is an ordinary response to the middleware before it, unless `refusals` changes that.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6750, RFC 7662, RFC 9457
 */
export const oAuthIntrospection = (
  options: IntrospectionMiddlewareOptions,
): FrameworkMiddleware<MiddlewareHandler> =>
  toFrameworkMiddleware(createIntrospectionMiddleware(options), createHonoHandler, createHonoHandler);
