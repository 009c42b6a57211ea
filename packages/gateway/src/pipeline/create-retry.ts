import type { Clock } from '@grantgate/middleware/base/clock';
import type { RetryPolicy } from '../middlewares/retry-policy.ts';
import type { RetryRequest } from '../proxy/retry.ts';
import type { ToUpstreamHead } from '../proxy/request-headers.ts';
import type { Destination, Upstream, UpstreamServer } from '../upstream/upstream.ts';
import { brokenRoute } from './refusals.ts';
import type { RequestContext } from './request-context.ts';

export interface RetryDeps {
  readonly context: RequestContext;
  readonly upstream: Upstream;
  readonly clock: Clock;
  /** The first destination. */
  readonly first: Destination;
  readonly toUpstreamHead: ToUpstreamHead;
  readonly onDefect: (error: unknown, requestId: string) => void;
}

/** Repeats one request as its policy requires, if possible at a healthy server that has not received it. */
export function createRetry(
  policy: RetryPolicy,
  { context, upstream, clock, first, toUpstreamHead, onDefect }: RetryDeps,
): RetryRequest {
  const { incoming, requestId } = context;
  const { facts } = incoming;
  const begun = clock.monotonic();
  const tried = new Set<UpstreamServer>([first.server]);
  let attempts = 1;
  return (attempt, again) => {
    const { method } = facts;
    const elapsedMs = clock.monotonic() - begun;
    const sent = attempt.fault !== 'connect_failed' && attempt.fault !== 'connect_timeout';
    const delayMs = policy.delayMs({ ...attempt, method, attempts, elapsedMs, sent });
    if (delayMs === undefined) return false;
    attempts += 1;
    const send = (): void => {
      if (context.response.over || context.response.begun) return;
      try {
        // Without a healthy server, the first one is as good as any.
        const picked = upstream.pick(facts, tried) ?? first;
        tried.add(picked.server);
        context.retried(attempt);
        context.forwardedTo(picked);
        again(picked, toUpstreamHead(facts, context.changes, picked, context));
      } catch (error) {
        onDefect(error, requestId);
        context.refuse(brokenRoute);
      }
    };
    if (delayMs > 0) clock.after(delayMs, send);
    else process.nextTick(send);
    return true;
  };
}
