import { createExchangeGuard, type ExchangeGuardOptions } from '../guards/exchange-guard.ts';
import { toRouteGuard } from '../guards/route-guard.ts';
import { createFastifyHook, createFastifyPlugin, type FastifyGuard } from './fastify-guard.ts';

// Adds the types of its requests.
export type { Auth, FastifyGuard } from './fastify-guard.ts';
export type { ExchangeGuardOptions } from '../guards/exchange-guard.ts';
export type { RouteRequirements } from '../guards/route-requirements.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../guards/refusal-error.ts';

/**
 * Fastify 5 plugin: protects the routes of the instance on which it is registered, and of nested ones, from `onRequest` on, before a
 * body is read. They have `request.auth`, and the exchanged token in `Authorization`. Refusals are sent with `reply`, unless `refusals` says
 * otherwise. The instance closes it.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6750, RFC 8693, RFC 9457
 */
export const oAuthTokenExchange = (options: ExchangeGuardOptions): FastifyGuard =>
  toRouteGuard(createExchangeGuard(options), (guard) => createFastifyPlugin(() => guard), createFastifyHook);
