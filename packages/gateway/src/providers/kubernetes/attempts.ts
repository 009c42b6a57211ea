import type { BackoffOptions } from '@grantgate/middleware/base/backoff';
import { backoffDelayMs } from '@grantgate/middleware/base/backoff';
import type { ApiFault } from './fault.ts';
import { isLasting } from './fault.ts';

/** The next action after a list or a watch has ended. */
export interface Next {
  /** Milliseconds until the next attempt; undefined: immediately. */
  readonly waitMs: number | undefined;
  /** The next attempt is a list, which reports faults better than a watch and needs no version. */
  readonly listAgain: boolean;
  /** Whether the fault is reported. */
  readonly isBelieved: boolean;
}

/** Counts the faults of the lists and watches of one selection. */
export interface Attempts {
  /** Records a response of the API server. */
  succeed(): void;
  /** Records the normal end of a watch. */
  afterWatch(): Next;
  afterFault(fault: ApiFault, isSynced: boolean): Next;
}

const backoff: Omit<BackoffOptions, 'random'> = { baseMs: 1000, maxMs: 30_000 };
/** Minimum wait in milliseconds, because many replicas fail at the same time. */
const leastWaitMs = 100;
/** Failures after which the list is read again, because the server may have a different history. */
const maxFailedWatches = 3;
/** Calls after which a refusal (403, 404) counts: a server that has just started does not know its roles. */
const believeRefusalAfter = 3;

/** @param believeAfter calls after which a refusal counts before anything has been read. */
export function createAttempts(random: () => number, believeAfter = believeRefusalAfter): Attempts {
  let failures = 0;
  /** @param isQuick whether the first retry is immediate. */
  const fail = (isQuick: boolean, next: Omit<Next, 'waitMs'>, retryAfterMs = 0): Next => {
    const delayMs = Math.max(leastWaitMs, backoffDelayMs(failures - 1, { ...backoff, random }), retryAfterMs);
    return { ...next, waitMs: isQuick && failures === 1 ? undefined : delayMs };
  };
  return {
    succeed: () => void (failures = 0),
    afterWatch() {
      failures += 1;
      // A watch that repeatedly ends at once is delayed.
      return fail(true, { listAgain: false, isBelieved: false });
    },
    afterFault(fault, isSynced) {
      failures += 1;
      if (fault.kind === 'expired')
        return fail(true, { listAgain: true, isBelieved: false }, fault.retryAfterMs);
      const next = {
        listAgain: isLasting(fault) || failures >= maxFailedWatches,
        isBelieved: !isLasting(fault) || failures >= (isSynced ? believeRefusalAfter : believeAfter),
      };
      // Refused credentials are read again; usually they have been renewed by then.
      return fail(fault.kind === 'unauthorized', next, fault.retryAfterMs);
    },
  };
}
