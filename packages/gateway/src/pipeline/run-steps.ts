import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import type { StepRefusal } from '../middlewares/refusal.ts';
import type { Pass, Reply, Step, StepResult } from '../middlewares/step.ts';
import { ambiguousPath, toBrokenRoute, type Refusal } from './refusals.ts';
import type { StepContext } from './step-context.ts';

/** Why a request goes no further; undefined: it has passed every step. */
export type EarlyResponse = Refusal | Reply | undefined;

/** A refusal with the name of the middleware that it is from. */
type NamedRefusal = StepRefusal & { readonly middleware: string };

/** What is asked whether a request may pass: a route, or a middleware without one. */
export interface Guarded {
  readonly routerName: string;
  readonly steps: readonly Step[];
  readonly broken: string | undefined;
}

/** The one decision on a request, for the gateway's routes and for what a proxy beside asks. */
export function decide({ steps, broken }: Guarded, request: StepContext): MaybePromise<EarlyResponse> {
  return broken === undefined ? runFrom(0, steps, request) : toBrokenRoute(broken);
}

/** Asks one step after the other; a promise only when one of them has to wait. */
function runFrom(first: number, steps: readonly Step[], request: StepContext): MaybePromise<EarlyResponse> {
  for (let at = first; at < steps.length; at += 1) {
    const step = steps[at] as Step;
    const result = step.onRequest(request);
    if (result instanceof Promise)
      return result.then((late) => {
        // Nobody waits any more: what later steps would count would never end.
        if (request.isOver) return undefined;
        return take(late, step, request) ?? runFrom(at + 1, steps, request);
      });
    const stop = take(result, step, request);
    if (stop !== undefined) return stop;
  }
  return undefined;
}

/** Notes what a step has made of a request; undefined when it goes on. */
function take(result: StepResult, step: Step, request: StepContext): EarlyResponse {
  if (!result.allowed) return toStop(result, step);
  return request.passed(result, step) ? undefined : { ...ambiguousPath, middleware: step.name };
}

const toStop = (result: Exclude<StepResult, Pass>, { name }: Step): NamedRefusal | Reply =>
  'response' in result ? result : { ...result, middleware: name };
