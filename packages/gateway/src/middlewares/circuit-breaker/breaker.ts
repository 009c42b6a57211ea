import type { Clock } from '@grantgate/middleware/base/clock';
import type { CircuitReading } from '../step.ts';
import type { Condition } from './expression.ts';
import type { BreakerMetrics } from './metrics.ts';

/** Durations in milliseconds. */
export interface BreakerTimes {
  readonly checkPeriod: number;
  readonly fallbackDuration: number;
  readonly recoveryDuration: number;
}

/**
 * Stops requests to a failing service. Standby: all pass, and the condition is checked. Tripped: none passes, for
 * `fallbackDuration`. Recovering: a growing share passes, up to a half, for `recoveryDuration`; the condition trips it again.
 */
export interface ServiceCircuitBreaker {
  /** Milliseconds until a request may pass; undefined: this request may pass. */
  refusedForMs(): number | undefined;
  read(): CircuitReading;
  /** Records the outcome of a request that has passed. */
  record(status: number, latencyMs: number): void;
}

const closed: CircuitReading = Object.freeze({ state: 'closed', leftMs: undefined });

export function createCircuitBreaker(
  condition: Condition,
  metrics: BreakerMetrics,
  { clock, times }: { readonly clock: Clock; readonly times: BreakerTimes },
): ServiceCircuitBreaker {
  let state: 'standby' | 'tripped' | 'recovering' = 'standby';
  /** `Clock.monotonic()` at which the state ends. */
  let until = 0;
  let nextCheck = -Infinity;
  let recovering = { since: 0, allowed: 0, denied: 0 };

  /** Increases the share of passing requests linearly from none to a half. */
  const letsPass = (now: number): boolean => {
    const { since, allowed, denied } = recovering;
    const target = (0.5 * (now - since)) / times.recoveryDuration;
    const passes = (allowed + 1) / (allowed + 1 + denied) < target;
    if (passes) recovering.allowed += 1;
    else recovering.denied += 1;
    return passes;
  };

  return {
    read() {
      const left = until - clock.monotonic();
      // Without requests, the end of a state goes unnoticed.
      if (state === 'tripped' && left > 0) return { state: 'open', leftMs: left };
      const leftMs = state === 'tripped' ? left + times.recoveryDuration : left;
      return state !== 'standby' && leftMs > 0 ? { state: 'recovering', leftMs } : closed;
    },
    refusedForMs() {
      if (state === 'standby') return undefined;
      const now = clock.monotonic();
      if (state === 'tripped') {
        if (now < until) return until - now;
        state = 'recovering';
        until = now + times.recoveryDuration;
        recovering = { since: now, allowed: 0, denied: 0 };
      }
      if (now > until) {
        state = 'standby';
        return undefined;
      }
      return letsPass(now) ? undefined : 0;
    },
    record(status, latencyMs) {
      metrics.record(status, latencyMs);
      const now = clock.monotonic();
      if (now <= nextCheck) return;
      nextCheck = now + times.checkPeriod;
      if (state === 'tripped' || !condition(metrics)) return;
      state = 'tripped';
      until = now + times.fallbackDuration;
      metrics.reset();
    },
  };
}
