import { createJwtMiddleware, type JwtMiddlewareOptions } from '../application/jwt-middleware.ts';
import { toFrameworkMiddleware, type FrameworkMiddleware } from '../application/framework-middleware.ts';
import { createProtectFetch, type ProtectFetch } from './protect-fetch.ts';

export type { Auth } from '../application/auth.ts';
export type { JwtMiddlewareOptions } from '../application/jwt-middleware.ts';
export type { RouteRequirements } from '../application/route-requirements.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../application/refusal-error.ts';

/**
 * Creates a wrapper for handlers `(Request) => Response`, on a runtime with Node's modules: they get requests with a JWT that is valid
 * for this application, and the caller. With `refusals: 'error'`, it throws or rejects.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6750, RFC 9068, RFC 9457
 */
export const jwt = (options: JwtMiddlewareOptions): FrameworkMiddleware<ProtectFetch> =>
  toFrameworkMiddleware(createJwtMiddleware(options), createProtectFetch, createProtectFetch);
