import type { BackoffOptions } from '@grantgate/middleware/base/backoff';
import { backoffDelayMs } from '@grantgate/middleware/base/backoff';
import type { ApiFault } from './fault.ts';
import { isLasting } from './fault.ts';

/** The next action after a list or a watch has ended. */
export interface Next {
  /** Milliseconds until the next one; undefined: at once. */
  readonly waitMs: number | undefined;
  /** The next one is a list: a list says better than a watch what is wrong, and knows nothing of versions. */
  readonly listAgain: boolean;
  /** The fault is reported. */
  readonly isBelieved: boolean;
}

/** Counts what goes wrong with the lists and watches of one selection. */
export interface Attempts {
  /** The API server was heard of. */
  succeed(): void;
  /** A watch has ended as watches do. */
  afterWatch(): Next;
  afterFault(fault: ApiFault, isSynced: boolean): Next;
}

const backoff: Omit<BackoffOptions, 'random'> = { baseMs: 1000, maxMs: 30_000 };
/** No wait is shorter: many copies fail together. */
const leastWaitMs = 100;
/** Failures after which the list is read again, for the server may have another history. */
const maxFailedWatches = 3;
/** Calls after which a refusal (403, 404) is believed: a server that has just started does not know its roles. */
const believeRefusalAfter = 3;

/** @param believeAfter calls after which a refusal is believed before anything has been read. */
export function createAttempts(random: () => number, believeAfter = believeRefusalAfter): Attempts {
  let failures = 0;
  /** @param isQuick the first time it is followed at once. */
  const fail = (isQuick: boolean, next: Omit<Next, 'waitMs'>, retryAfterMs = 0): Next => {
    const delayMs = Math.max(leastWaitMs, backoffDelayMs(failures - 1, { ...backoff, random }), retryAfterMs);
    return { ...next, waitMs: isQuick && failures === 1 ? undefined : delayMs };
  };
  return {
    succeed: () => void (failures = 0),
    afterWatch() {
      failures += 1;
      // One that repeatedly ends at once is delayed.
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
      // Credentials that were refused are read again, and mostly have been renewed by then.
      return fail(fault.kind === 'unauthorized', next, fault.retryAfterMs);
    },
  };
}
