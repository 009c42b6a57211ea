import { createJwtMiddleware, type JwtMiddlewareOptions } from '../application/jwt-middleware.ts';
import { toFrameworkMiddleware } from '../application/framework-middleware.ts';
import { createFastifyHook, createFastifyPlugin, type FastifyMiddleware } from './fastify-plugin.ts';

// Adds the types of its requests.
export type { Auth, FastifyMiddleware } from './fastify-plugin.ts';
export type { JwtMiddlewareOptions } from '../application/jwt-middleware.ts';
export type { RouteRequirements } from '../application/route-requirements.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../application/refusal-error.ts';

/**
 * Fastify 5 plugin: protects the routes of the instance on which it is registered, and of nested ones, from `onRequest` on, before a
 * body is read. They have `request.auth`. Refusals are sent with `reply`, unless `refusals` changes that. The instance closes it.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6750, RFC 9068, RFC 9457
 */
export const jwt = (options: JwtMiddlewareOptions): FastifyMiddleware =>
  toFrameworkMiddleware(
    createJwtMiddleware(options),
    (middleware) => createFastifyPlugin(() => middleware),
    createFastifyHook,
  );
