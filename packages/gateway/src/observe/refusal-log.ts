import type { Clock } from '@grantgate/middleware/base/clock';
import { createLru } from '@grantgate/middleware/base/lru';
import type { RequestRecord } from '../pipeline/record.ts';
import type { Log } from './log.ts';

/** Milliseconds between two lines of one router and code; what comes in between is counted. */
const quietMs = 10_000;
/** Pairs of router and code that are kept apart. */
const maxPairs = 1000;

/**
 * Says in the log why requests do not pass. What the gateway or a server is to blame for (5xx) is a warning, at most one each
 * ten seconds for a router and code, so that an outage does not flood the log; what callers are to blame for is for debugging.
 */
export function createRefusalLog(log: Log, clock: Clock): (record: RequestRecord) => void {
  const quiet = createLru<string, { readonly untilMs: number; suppressed: number }>(maxPairs);
  return ({ refusal, requestId, routerName }) => {
    if (refusal === undefined) return;
    const fields = { router: routerName, code: refusal.code, requestId };
    if (refusal.status < 500) {
      log.debug(refusal.detail, fields);
      return;
    }
    const pair = `${routerName ?? ''} ${refusal.code}`;
    const now = clock.monotonic();
    const last = quiet.get(pair);
    if (last !== undefined && now < last.untilMs) {
      last.suppressed += 1;
      return;
    }
    quiet.set(pair, { untilMs: now + quietMs, suppressed: 0 });
    log.warn(refusal.detail, { ...fields, suppressed: last?.suppressed });
  };
}
