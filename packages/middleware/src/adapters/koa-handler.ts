import type { Middleware, ParameterizedContext } from 'koa';
import type { Decision, Deny } from '../decision/decision.ts';
import { toProblem, toProblemHeaders } from '../decision/problem.ts';
import type { Auth } from '../application/auth.ts';
import type { ApplicationMiddleware } from '../application/middleware.ts';
import { RefusalError } from '../application/refusal-error.ts';
import { NodeApplicationRequest, stripCredential } from './node-application-request.ts';
import { admit } from './node-request.ts';
import { nameRequest } from './node-response.ts';

/** `ctx.state` after the middleware. */
export interface AuthState {
  /** The caller. */
  auth: Auth;
}

/** Creates the handler of Koa for a middleware. */
export function createKoaHandler(middleware: ApplicationMiddleware): Middleware<AuthState> {
  return (ctx, next) => {
    const conclude = (decision: Decision): Promise<void> | undefined => {
      if (!decision.allowed) {
        if (middleware.refusals === 'error') throw new RefusalError(decision);
        refuse(ctx, decision);
        return undefined;
      }
      const changes = middleware.changesOf(decision);
      const { source } = middleware;
      const holders = { others: [ctx, ctx.request] };
      admit(ctx.req, source === undefined ? changes : stripCredential(ctx.req, changes, source, holders));
      ctx.state.auth = changes.auth;
      return next() as Promise<void>;
    };
    const passed = (ctx.state as Partial<AuthState>).auth;
    const decision = middleware.decide(new NodeApplicationRequest(ctx.req, ctx), passed);
    return decision instanceof Promise ? decision.then(conclude) : conclude(decision);
  };
}

function refuse(ctx: ParameterizedContext, deny: Deny): void {
  const requestId = nameRequest(ctx.response.get('x-request-id') || undefined, ctx.req);
  ctx.status = deny.status;
  const headers = toProblemHeaders(deny, requestId);
  for (let at = 0; at + 1 < headers.length; at += 2) ctx.set(headers[at] ?? '', headers[at + 1] ?? '');
  // Set after the headers, because Koa adds a type to a body without one.
  ctx.body = Buffer.from(toProblem(deny, requestId));
}
