import type { Clock } from '@grantgate/middleware/base/clock';
import { createLru } from '@grantgate/middleware/base/lru';
import type { Log, LogFields } from './log.ts';

/** Milliseconds between two warnings of one kind; what comes in between is counted. */
const quietMs = 10_000;
/** Kinds that are kept apart. */
const maxKinds = 1000;

/** Warns at most once each ten seconds for a kind, so that an outage does not flood the log; says how many it left out. */
export function createQuietWarnings(
  log: Log,
  clock: Clock,
): (kind: string, message: string, fields: LogFields) => void {
  const quiet = createLru<string, { readonly untilMs: number; suppressed: number }>(maxKinds);
  return (kind, message, fields) => {
    const now = clock.monotonic();
    const last = quiet.get(kind);
    if (last !== undefined && now < last.untilMs) {
      last.suppressed += 1;
      return;
    }
    quiet.set(kind, { untilMs: now + quietMs, suppressed: 0 });
    log.warn(message, { ...fields, suppressed: last?.suppressed });
  };
}
