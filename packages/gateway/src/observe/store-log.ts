import type { Clock } from '@grantgate/middleware/base/clock';
import type { StoreEvent } from '@grantgate/middleware/cache/store-event';
import type { Log } from './log.ts';
import { createQuietWarnings } from './quiet-warnings.ts';

/**
 * Logs the state of a store, called `store` there: every change of its state, and failures at most once in ten seconds per
 * operation and reason.
 */
export function createStoreLog(log: Log, clock: Clock, store: string): (event: StoreEvent) => void {
  const quietly = createQuietWarnings(log, clock);
  const warn = (kind: string, message: string, reason?: string): void =>
    quietly(`${kind} ${reason ?? ''}`, message, { operation: kind, reason });
  return (event) => {
    switch (event.kind) {
      case 'state':
        if (event.ready) log.info(`${store} available`);
        else log.warn(`${store} unavailable: requests continue without it`, { reason: event.reason });
        return;
      case 'failure':
        warn(event.operation, `${store} failed: the request continued without it`, event.reason);
        return;
      case 'unsealed':
        warn('unsealed', `invalid entry in ${store}: it cannot be decrypted and is replaced`);
        return;
      case 'lock_wait':
        log.debug('waited for a token requested by another process', { waitedMs: event.waitedMs });
        return;
      case 'found':
        log.debug('token found outside memory', { tier: event.tier });
        return;
      case 'operation':
        log.debug(`${store} replied`, { operation: event.operation, durationMs: event.durationMs });
    }
  };
}
