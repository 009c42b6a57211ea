import type { Tracing } from '../base/tracing.ts';
import type { Decision } from '../decision/decision.ts';
import type { ApplicationMiddleware } from './middleware.ts';

/** Traces the decisions of a middleware. @param name of its spans. */
export function traceMiddleware<Traced extends ApplicationMiddleware>(
  middleware: Traced,
  name: string,
  tracing: Tracing | undefined,
): Traced {
  if (tracing === undefined) return middleware;
  const start = { name, kind: 'internal', attributes: { 'grantgate.middleware.name': name } } as const;
  return {
    ...middleware,
    decide: (request, passed) =>
      tracing.span(start, (span) => {
        const note = (decision: Decision): Decision => {
          if (decision.allowed) return decision;
          span.set({ 'grantgate.refusal.code': decision.code });
          // A refusal of the caller's request is no failure of the application (semantic conventions of HTTP servers).
          if (decision.status >= 500) span.fail(decision.code);
          return decision;
        };
        const decision = middleware.decide(request, passed);
        return decision instanceof Promise ? decision.then(note) : note(decision);
      }),
  };
}
