import type { MaybePromise } from '../base/maybe-promise.ts';
import type { Decision } from '../decision/decision.ts';
import type { Auth } from '../application/auth.ts';
import type { ApplicationMiddleware } from '../application/middleware.ts';
import { RefusalError } from '../application/refusal-error.ts';
import { admit, FetchApplicationRequest, toProblemParts } from './fetch-request.ts';

/**
 * Wraps `handler`. It is called for requests that may pass, with the request as the gateway would have forwarded it, the caller, and
 * any further arguments of the server. All other requests get a refusal.
 */
export type ProtectFetch = <Rest extends readonly unknown[]>(
  handler: (request: Request, auth: Auth, ...rest: Rest) => MaybePromise<Response>,
) => (request: Request, ...rest: Rest) => MaybePromise<Response>;

/** Creates the wrapper of Fetch handlers for a middleware. */
export function createProtectFetch(middleware: ApplicationMiddleware): ProtectFetch {
  return (handler) =>
    (request, ...rest) => {
      const conclude = (decision: Decision): MaybePromise<Response> => {
        if (!decision.allowed) {
          if (middleware.refusals === 'error') throw new RefusalError(decision);
          const { body, headers } = toProblemParts(request, decision);
          return new Response(body, { status: decision.status, headers });
        }
        const changes = middleware.changesOf(decision);
        return handler(admit(request, changes, middleware.source), changes.auth, ...rest);
      };
      const decision = middleware.decide(new FetchApplicationRequest(request), undefined);
      return decision instanceof Promise ? decision.then(conclude) : conclude(decision);
    };
}
