import type { FastifyPluginCallback } from 'fastify';
import type { ClientCredentialsMiddlewareOptions } from '../application/client-credentials-middleware.ts';
import { createClientCredentialsMiddleware } from '../application/client-credentials-middleware.ts';
import { createFastifyPlugin } from './fastify-plugin.ts';

// Adds the types of its requests.
export type { Auth } from './fastify-plugin.ts';
export type { ClientCredentialsMiddlewareOptions } from '../application/client-credentials-middleware.ts';
export type { DiscoveryEvent, RenewalEvent, StoreEvent } from '../create.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../application/refusal-error.ts';

/**
 * Fastify 5 plugin: protects the routes of the instance on which it is registered, and of nested ones, from `onRequest` on,
 * before a body is read. They have `request.auth`. Refusals are sent with `reply`, unless `refusals` changes that.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path; `ready()` and `listen()` reject with it.
 * @see RFC 6749 section 4.4, RFC 9457
 */
export const oAuthClientCredentials: FastifyPluginCallback<ClientCredentialsMiddlewareOptions> =
  createFastifyPlugin(createClientCredentialsMiddleware);
