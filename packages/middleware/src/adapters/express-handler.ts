import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Decision } from '../decision/decision.ts';
import type { Auth } from '../application/auth.ts';
import type { ApplicationMiddleware } from '../application/middleware.ts';
import { RefusalError } from '../application/refusal-error.ts';
import { NodeApplicationRequest, stripCredential } from './node-application-request.ts';
import { admit } from './node-request.ts';
import { isGone, refuse } from './node-response.ts';

declare global {
  // Express's own way to type properties that middleware adds to requests.
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace Express {
    interface Request {
      /** The caller; set by the middleware. */
      auth?: Auth;
    }
  }
}

/** Middleware of Express 4 and 5 and of Connect. */
export type ExpressHandler = (
  request: (IncomingMessage | Http2ServerRequest) & { auth?: Auth },
  response: ServerResponse | Http2ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** Creates the handler of Express for a middleware. */
export function createExpressHandler(middleware: ApplicationMiddleware): ExpressHandler {
  return (request, response, next) => {
    const conclude = (decision: Decision): void => {
      if (!decision.allowed) {
        if (middleware.refusals === 'error') next(new RefusalError(decision));
        else refuse(request, response, decision);
        return;
      }
      // The caller may have disconnected or received a response during a request to a server.
      if (isGone(response)) return;
      const changes = middleware.changesOf(decision);
      const { source } = middleware;
      admit(
        request,
        source === undefined ? changes : stripCredential(request, changes, source, queryOf(request)),
      );
      request.auth = changes.auth;
      next();
    };
    const decision = middleware.decide(new NodeApplicationRequest(request), request.auth);
    if (decision instanceof Promise) void decision.then(conclude, next);
    else conclude(decision);
  };
}

/** Express 4 has already parsed the query; Express 5 parses it whenever it is read. */
const queryOf = (request: object): { readonly query?: unknown } =>
  Object.hasOwn(request, 'query') ? request : {};

/**
 * The caller: `request.auth` of a request that has passed a middleware, for handlers whose request type lacks it.
 *
 * @throws TypeError when the request has not passed one.
 */
export function authOf(request: IncomingMessage | Http2ServerRequest): Auth {
  const { auth } = request as { auth?: Auth };
  if (auth === undefined) throw new TypeError('the request did not pass a middleware');
  return auth;
}
