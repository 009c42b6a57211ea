import { createIntrospectionGuard, type IntrospectionGuardOptions } from '../guards/introspection-guard.ts';
import { toRouteGuard, type RouteGuard } from '../guards/route-guard.ts';
import { createExpressHandler, type ExpressHandler } from './express-guard.ts';

export type { Auth } from '../guards/auth.ts';
export type { IntrospectionGuardOptions } from '../guards/introspection-guard.ts';
export type { RouteRequirements } from '../guards/route-requirements.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../guards/refusal-error.ts';
export { authOf } from './express-guard.ts';

/**
 * Protects the handlers after it: calls `next` only for requests with a token that the introspection endpoint reports as active; they have
 * `request.auth`. It responds to all others itself and calls no error handler, unless `refusals` says otherwise.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6750, RFC 7662, RFC 9457
 */
export const oAuthIntrospection = (options: IntrospectionGuardOptions): RouteGuard<ExpressHandler> =>
  toRouteGuard(createIntrospectionGuard(options), createExpressHandler, createExpressHandler);
