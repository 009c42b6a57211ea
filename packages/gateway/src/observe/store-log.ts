import type { Clock } from '@grantgate/middleware/base/clock';
import type { StoreEvent } from '@grantgate/middleware/cache/store-event';
import type { Log } from './log.ts';

/** Milliseconds between two warnings of one kind; what comes in between is counted. */
const quietMs = 10_000;

/** Says in the log how the store is: changes of its state always, what fails at most once each ten seconds for each operation. */
export function createStoreLog(log: Log, clock: Clock): (event: StoreEvent) => void {
  const quiet = new Map<string, { readonly untilMs: number; suppressed: number }>();
  const warn = (kind: string, message: string, reason?: string): void => {
    const now = clock.monotonic();
    const last = quiet.get(kind);
    if (last !== undefined && now < last.untilMs) {
      last.suppressed += 1;
      return;
    }
    quiet.set(kind, { untilMs: now + quietMs, suppressed: 0 });
    log.warn(message, { operation: kind, reason, suppressed: last?.suppressed });
  };
  return (event) => {
    switch (event.kind) {
      case 'state':
        if (event.ready) log.info('the token store is ready');
        else
          log.warn('the token store is not available: requests go on without it', { reason: event.reason });
        return;
      case 'failure':
        warn(event.operation, 'the token store failed: the request went on without it', event.reason);
        return;
      case 'unsealed':
        warn('unsealed', 'an entry of the token store does not open and is replaced');
        return;
      case 'lock_wait':
        log.debug('waited for a token that another process asked for', { waitedMs: event.waitedMs });
        return;
      case 'found':
        log.debug('a token that was not in memory was found', { tier: event.tier });
        return;
      case 'operation':
        log.debug('the token store answered', { operation: event.operation, durationMs: event.durationMs });
    }
  };
}
