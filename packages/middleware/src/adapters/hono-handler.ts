import type { Context, MiddlewareHandler } from 'hono';
import type { TLSSocket } from 'node:tls';
import type { Auth } from '../application/auth.ts';
import type { ApplicationMiddleware } from '../application/middleware.ts';
import { RefusalError } from '../application/refusal-error.ts';
import { admit, FetchApplicationRequest, toProblemParts } from './fetch-request.ts';
import { certificateThumbprintOf } from './node-application-request.ts';

export type { Auth } from '../application/auth.ts';

declare module 'hono' {
  interface ContextVariableMap {
    /** The caller; set by the middleware. */
    auth: Auth;
  }
}

/** Creates the handler of Hono for a middleware. */
export function createHonoHandler(middleware: ApplicationMiddleware): MiddlewareHandler {
  return async (c, next) => {
    const request = new FetchApplicationRequest(c.req.raw, () => certificateThumbprintOf(socketOf(c)));
    const known = middleware.decide(request, c.get('auth'));
    const decision = known instanceof Promise ? await known : known;
    if (!decision.allowed) {
      if (middleware.refusals === 'error') throw new RefusalError(decision);
      const { body, headers } = toProblemParts(c.req.raw, decision, c.get('requestId'));
      return c.newResponse(body, decision.status as 401, headers);
    }
    const changes = middleware.changesOf(decision);
    c.req.raw = admit(c.req.raw, changes, middleware.source);
    c.set('auth', changes.auth);
    await next();
    return undefined;
  };
}

/** The connection, if `@hono/node-server` serves the request. */
function socketOf({ env }: Context): Partial<TLSSocket> | undefined {
  const { incoming } = ((env as unknown) ?? {}) as {
    readonly incoming?: { readonly socket?: Partial<TLSSocket> };
  };
  return incoming?.socket;
}
