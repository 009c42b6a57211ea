import type { Clock } from '../base/clock.ts';
import type { TokenOutcome } from './access-token.ts';
import type { TokenFailureReason } from './failure.ts';

/** History of the requests at one endpoint. */
export interface EndpointJournal {
  /** Called when a request has ended. @param durationMs including its retries. */
  note(clientId: string, outcome: TokenOutcome, durationMs: number): void;
  read(): EndpointHistory;
}

export interface EndpointHistory {
  /** Number of requests, without retries. */
  readonly requests: number;
  readonly failures: number;
  /** `Clock.now()` milliseconds; undefined when there was none. */
  readonly lastSuccessAt: number | undefined;
  readonly lastFailure: EndpointFailure | undefined;
  /** Milliseconds of the latest requests including their retries, unordered. */
  readonly durationsMs: readonly number[];
}

/** A failure, without secrets and without text of the server. */
export interface EndpointFailure {
  /** `Clock.now()` milliseconds. */
  readonly at: number;
  readonly reason: TokenFailureReason;
  readonly detail: string;
  readonly clientId: string;
}

/** Number of requests whose durations are kept. */
const keptDurations = 256;

export function createEndpointJournal(clock: Clock): EndpointJournal {
  const durationsMs: number[] = [];
  let requests = 0;
  let failures = 0;
  let lastSuccessAt: number | undefined;
  let lastFailure: EndpointFailure | undefined;
  return {
    note(clientId, outcome, durationMs) {
      durationsMs[requests % keptDurations] = durationMs;
      requests += 1;
      if (outcome.kind === 'token') {
        lastSuccessAt = clock.now();
        return;
      }
      const { reason, detail } = outcome;
      failures += 1;
      lastFailure = Object.freeze({ at: clock.now(), reason, detail, clientId });
    },
    read: () => ({ requests, failures, lastSuccessAt, lastFailure, durationsMs: [...durationsMs] }),
  };
}
