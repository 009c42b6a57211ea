import type { MaybePromise } from '../base/maybe-promise.ts';
import type { Decision } from '../decision/decision.ts';
import type { Auth } from './auth.ts';
import { admit, toProblemParts } from './fetch-request.ts';
import type { GuardOptions } from './guard.ts';
import { createGuard } from './guard.ts';

export type { Auth } from './auth.ts';
export type { GuardOptions } from './guard.ts';
export type { DiscoveryEvent, RenewalEvent, StoreEvent } from '../create.ts';
export { OptionsError } from '../errors.ts';

/** Protects Fetch handlers. */
export interface FetchGuard {
  /**
   * Wraps `handler`: it is called for requests that may pass, with the request as the gateway would have forwarded it, the
   * caller, and any further arguments of the server. All other requests get a refusal.
   */
  <Rest extends readonly unknown[]>(
    handler: (request: Request, auth: Auth, ...rest: Rest) => MaybePromise<Response>,
  ): (request: Request, ...rest: Rest) => MaybePromise<Response>;
  /** Drops the tokens and closes the connections to the authorization server. Close the server first. */
  close(): Promise<void>;
}

/**
 * Creates a wrapper for handlers `(Request) => Response`, on a runtime with Node's modules.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6749 section 4.4, RFC 9457
 */
export function oAuthClientCredentials(options: GuardOptions): FetchGuard {
  const guard = createGuard(options);
  const wrap =
    <Rest extends readonly unknown[]>(
      handler: (request: Request, auth: Auth, ...rest: Rest) => MaybePromise<Response>,
    ) =>
    (request: Request, ...rest: Rest): MaybePromise<Response> => {
      const conclude = (decision: Decision): MaybePromise<Response> => {
        if (!decision.allowed) {
          const { body, headers } = toProblemParts(request, decision);
          return new Response(body, { status: decision.status, headers });
        }
        const pass = guard.passOf(decision);
        return handler(admit(request, pass), pass.auth, ...rest);
      };
      const decision = guard.decide(request.headers.get('authorization') ?? undefined);
      return decision instanceof Promise ? decision.then(conclude) : conclude(decision);
    };
  return Object.assign(wrap, { close: () => guard.close() });
}
