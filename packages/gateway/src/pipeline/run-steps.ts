import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import type { StepRefusal, Refusal } from '../middlewares/refusal.ts';
import type { Pass, Reply, Step, StepResult } from '../middlewares/step.ts';
import type { StepChain } from '../snapshot/snapshot.ts';
import { ambiguousPath, toBrokenRoute } from './refusals.ts';
import type { RequestTrace } from './request-trace.ts';
import { callerGone, type StepContext } from './step-context.ts';

/** The response of a step that ends the request; undefined when every step passed it. */
export type EarlyResponse = Refusal | Reply | undefined;

/** A refusal with the name of the middleware that refused. */
type NamedRefusal = StepRefusal & { readonly middleware: string };

/** Decides a request, both for the gateway's routes and for external authorization. */
export function decide({ steps, broken }: StepChain, request: StepContext): MaybePromise<EarlyResponse> {
  if (broken !== undefined) return toBrokenRoute(broken);
  return request.trace === undefined
    ? runFrom(0, steps, request)
    : runAllTraced(steps, request.trace, request);
}

/** Runs the steps in order; returns a promise only if one of them waits. */
function runFrom(first: number, steps: readonly Step[], request: StepContext): MaybePromise<EarlyResponse> {
  for (let at = first; at < steps.length; at += 1) {
    const step = steps[at] as Step;
    const result =
      request.trace === undefined ? step.onRequest(request) : runTraced(step, request.trace, request);
    if (result instanceof Promise)
      return result.then((late) => {
        // The caller has disconnected. Later steps must not count a request whose end they would never see; this step sees it now.
        if (request.isOver) {
          if (late.allowed) step.onEnd?.(request, callerGone);
          return undefined;
        }
        const stop = take(late, step, request);
        return stop === undefined ? runFrom(at + 1, steps, request) : refine(stop, steps, at);
      });
    const stop = take(result, step, request);
    if (stop !== undefined) return refine(stop, steps, at);
  }
  return undefined;
}

/** Lets the earlier steps change a refusal, innermost first. @param count number of them. */
function refine(stop: Refusal | Reply, steps: readonly Step[], count: number): Refusal | Reply {
  if ('response' in stop) return stop;
  let refusal = stop;
  for (let at = count - 1; at >= 0; at -= 1) refusal = steps[at]?.onRefusal?.(refusal) ?? refusal;
  return refusal;
}

// Separate from the common case, which should not pay for a closure.
const runAllTraced = (
  steps: readonly Step[],
  trace: RequestTrace,
  request: StepContext,
): MaybePromise<EarlyResponse> => trace.run(() => runFrom(0, steps, request));

const runTraced = (step: Step, trace: RequestTrace, request: StepContext): MaybePromise<StepResult> =>
  trace.step(step.name, () => step.onRequest(request));

/** Applies the result of a step; undefined when the next step follows. */
function take(result: StepResult, step: Step, request: StepContext): EarlyResponse {
  if (!result.allowed) return toStop(result, step);
  return request.passed(result, step) ? undefined : { ...ambiguousPath, middleware: step.name };
}

const toStop = (result: Exclude<StepResult, Pass>, { name }: Step): NamedRefusal | Reply =>
  'response' in result ? result : { ...result, middleware: name };
