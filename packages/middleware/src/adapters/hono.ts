import type { MiddlewareHandler } from 'hono';
import type { Auth } from './auth.ts';
import { admit, toProblemParts } from './fetch-request.ts';
import type { GuardOptions } from './guard.ts';
import { createGuard } from './guard.ts';

export type { Auth } from './auth.ts';
export type { GuardOptions } from './guard.ts';
export type { DiscoveryEvent, RenewalEvent, StoreEvent } from '../create.ts';
export { OptionsError } from '../errors.ts';

declare module 'hono' {
  interface ContextVariableMap {
    /** The caller; set behind `oAuthClientCredentials`. */
    auth: Auth;
  }
}

/** Hono middleware. */
export interface HonoMiddleware extends MiddlewareHandler {
  /** Drops the tokens and closes the connections to the authorization server. Close the server first. */
  close(): Promise<void>;
}

/**
 * Protects the handlers after it: `c.get('auth')` is the caller, and `c.req` the request as the gateway would have forwarded
 * it. A refusal is an ordinary response to the middleware before it.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6749 section 4.4, RFC 9457
 */
export function oAuthClientCredentials(options: GuardOptions): HonoMiddleware {
  const guard = createGuard(options);
  const middleware: MiddlewareHandler = async (c, next) => {
    const known = guard.decide(c.req.header('authorization'));
    const decision = known instanceof Promise ? await known : known;
    if (!decision.allowed) {
      const { body, headers } = toProblemParts(c.req.raw, decision, c.get('requestId'));
      return c.newResponse(body, decision.status as 401, headers);
    }
    const pass = guard.passOf(decision);
    c.req.raw = admit(c.req.raw, pass);
    c.set('auth', pass.auth);
    await next();
    return undefined;
  };
  return Object.assign(middleware, { close: () => guard.close() });
}
