import { createJwtGuard, type JwtGuardOptions } from '../guards/jwt-guard.ts';
import { toRouteGuard } from '../guards/route-guard.ts';
import { createFastifyHook, createFastifyPlugin, type FastifyGuard } from './fastify-guard.ts';

// Adds the types of its requests.
export type { Auth, FastifyGuard } from './fastify-guard.ts';
export type { JwtGuardOptions } from '../guards/jwt-guard.ts';
export type { RouteRequirements } from '../guards/route-requirements.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../guards/refusal-error.ts';

/**
 * Fastify 5 plugin: protects the routes of the instance on which it is registered, and of nested ones, from `onRequest` on, before a
 * body is read. They have `request.auth`. Refusals are sent with `reply`, unless `refusals` says otherwise. The instance closes it.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6750, RFC 9068, RFC 9457
 */
export const jwt = (options: JwtGuardOptions): FastifyGuard =>
  toRouteGuard(createJwtGuard(options), (guard) => createFastifyPlugin(() => guard), createFastifyHook);
