import {
  createIntrospectionMiddleware,
  type IntrospectionMiddlewareOptions,
} from '../application/introspection-middleware.ts';
import { toFrameworkMiddleware, type FrameworkMiddleware } from '../application/framework-middleware.ts';
import { createExpressHandler, type ExpressHandler } from './express-handler.ts';

export type { Auth } from '../application/auth.ts';
export type { IntrospectionMiddlewareOptions } from '../application/introspection-middleware.ts';
export type { RouteRequirements } from '../application/route-requirements.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../application/refusal-error.ts';
export { authOf } from './express-handler.ts';

/**
 * Protects the handlers after it: calls `next` only for requests with a token that the introspection endpoint reports as active; they have
 * `request.auth`. It responds to all others itself and calls no error handler, unless `refusals` changes that.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6750, RFC 7662, RFC 9457
 */
export const oAuthIntrospection = (
  options: IntrospectionMiddlewareOptions,
): FrameworkMiddleware<ExpressHandler> =>
  toFrameworkMiddleware(createIntrospectionMiddleware(options), createExpressHandler, createExpressHandler);
