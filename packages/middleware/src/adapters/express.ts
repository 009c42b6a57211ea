import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Decision } from '../decision/decision.ts';
import type { Auth } from './auth.ts';
import type { GuardOptions } from './guard.ts';
import { createGuard } from './guard.ts';
import { admit, readAuthorization } from './node-request.ts';
import { isGone, refuse } from './node-response.ts';

export type { Auth } from './auth.ts';
export type { GuardOptions } from './guard.ts';
export type { DiscoveryEvent, RenewalEvent, StoreEvent } from '../create.ts';
export { OptionsError } from '../errors.ts';

declare global {
  // Express's own way to type properties that middleware adds to requests.
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace Express {
    interface Request {
      /** The caller; set behind `oAuthClientCredentials`. */
      auth?: Auth;
    }
  }
}

type ExpressHandler = (
  request: (IncomingMessage | Http2ServerRequest) & { auth?: Auth },
  response: ServerResponse | Http2ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** Middleware for Express 4 and 5, Connect, and, with your own `next`, `node:http` and `node:http2`. */
export interface ConnectMiddleware extends ExpressHandler {
  /** Drops the tokens and closes the connections to the authorization server. Close the server first. */
  close(): Promise<void>;
}

/**
 * Protects the handlers after it: calls `next` only for requests that may pass, in the same turn when the token is in memory;
 * they have `request.auth`. It responds to all others itself and never calls an error handler.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6749 section 4.4, RFC 9457
 */
export function oAuthClientCredentials(options: GuardOptions): ConnectMiddleware {
  const guard = createGuard(options);
  const handle: ExpressHandler = (request, response, next) => {
    const conclude = (decision: Decision): void => {
      if (!decision.allowed) {
        refuse(request, response, decision);
        return;
      }
      // The caller may have disconnected, or received a response, during the token request.
      if (isGone(response)) return;
      const pass = guard.passOf(decision);
      admit(request, pass);
      request.auth = pass.auth;
      next();
    };
    const decision = guard.decide(readAuthorization(request));
    if (decision instanceof Promise) void decision.then(conclude, next);
    else conclude(decision);
  };
  return Object.assign(handle, { close: () => guard.close() });
}

/**
 * The caller: `request.auth` of a request that has passed the middleware, for handlers whose request type lacks it.
 *
 * @throws TypeError when the request has not passed it.
 */
export function authOf(request: IncomingMessage | Http2ServerRequest): Auth {
  const { auth } = request as { auth?: Auth };
  if (auth === undefined) throw new TypeError('the request did not pass oAuthClientCredentials');
  return auth;
}
