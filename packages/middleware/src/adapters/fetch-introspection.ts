import { createIntrospectionGuard, type IntrospectionGuardOptions } from '../guards/introspection-guard.ts';
import { toRouteGuard, type RouteGuard } from '../guards/route-guard.ts';
import { createProtectFetch, type ProtectFetch } from './fetch-guard.ts';

export type { Auth } from '../guards/auth.ts';
export type { IntrospectionGuardOptions } from '../guards/introspection-guard.ts';
export type { RouteRequirements } from '../guards/route-requirements.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../guards/refusal-error.ts';

/**
 * Creates a wrapper for handlers `(Request) => Response`, on a runtime with Node's modules: they get requests with a token that the
 * introspection endpoint reports as active, and the caller. With `refusals: 'error'`, it throws or rejects.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6750, RFC 7662, RFC 9457
 */
export const oAuthIntrospection = (options: IntrospectionGuardOptions): RouteGuard<ProtectFetch> =>
  toRouteGuard(createIntrospectionGuard(options), createProtectFetch, createProtectFetch);
