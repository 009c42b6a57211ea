import type { Clock } from '@grantgate/middleware/base/clock';
import { createLru } from '@grantgate/middleware/base/lru';
import type { Log, LogFields } from './log.ts';

/** Minimum milliseconds between two warnings of one kind; those in between are counted. */
const quietMs = 10_000;
/** Maximum number of kinds that are tracked separately. */
const maxKinds = 1000;

/**
 * Warns at most once every ten seconds per kind, so that an outage does not flood the log, and reports the number of omitted
 * warnings.
 */
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
