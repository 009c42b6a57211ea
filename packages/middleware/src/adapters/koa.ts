import type { Middleware, ParameterizedContext } from 'koa';
import type { Decision, Deny } from '../decision/decision.ts';
import { toProblem, toProblemHeaders } from '../decision/problem.ts';
import type { Auth } from './auth.ts';
import type { GuardOptions } from './guard.ts';
import { createGuard } from './guard.ts';
import { admit, readAuthorization } from './node-request.ts';
import { nameRequest } from './node-response.ts';

export type { Auth } from './auth.ts';
export type { GuardOptions } from './guard.ts';
export type { DiscoveryEvent, RenewalEvent, StoreEvent } from '../create.ts';
export { OptionsError } from '../errors.ts';

/** State in `ctx.state` behind the middleware. */
export interface AuthState {
  /** The caller. */
  auth: Auth;
}

/** Koa middleware. */
export interface KoaMiddleware extends Middleware<AuthState> {
  /** Drops the tokens and closes the connections to the authorization server. Close the server first. */
  close(): Promise<void>;
}

/**
 * Protects the handlers after it, which have `ctx.state.auth`. A refusal sets `ctx.status`, headers and `ctx.body`, like any
 * response; nothing is thrown.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6749 section 4.4, RFC 9457
 */
export function oAuthClientCredentials(options: GuardOptions): KoaMiddleware {
  const guard = createGuard(options);
  const middleware: Middleware<AuthState> = (ctx, next) => {
    const conclude = (decision: Decision): Promise<void> | undefined => {
      if (!decision.allowed) {
        refuse(ctx, decision);
        return undefined;
      }
      const pass = guard.passOf(decision);
      admit(ctx.req, pass);
      ctx.state.auth = pass.auth;
      return next() as Promise<void>;
    };
    const decision = guard.decide(readAuthorization(ctx.req));
    return decision instanceof Promise ? decision.then(conclude) : conclude(decision);
  };
  return Object.assign(middleware, { close: () => guard.close() });
}

function refuse(ctx: ParameterizedContext, deny: Deny): void {
  const requestId = nameRequest(ctx.response.get('x-request-id') || undefined, ctx.req);
  ctx.status = deny.status;
  const headers = toProblemHeaders(deny, requestId);
  for (let at = 0; at + 1 < headers.length; at += 2) ctx.set(headers[at] ?? '', headers[at + 1] ?? '');
  // After its type: Koa sets a type for a body without one.
  ctx.body = Buffer.from(toProblem(deny, requestId));
}
