import type { Clock } from '@grantgate/middleware/base/clock';
import type { PassiveHealthCheckConfig } from '../config/dynamic.ts';

/** Health of a server, derived from its requests. */
export interface PassiveHealth {
  healthy(): boolean;
  /** @param status of the response, or of the fault without a response. */
  note(status: number): void;
}

/** A status of 500 and above is a failure, as in Traefik. */
export function createPassiveHealth(
  { failureWindowMs, maxFailedAttempts }: PassiveHealthCheckConfig,
  clock: Clock,
): PassiveHealth {
  let failures: number[] = [];
  let downUntilMs = -Infinity;
  return {
    healthy: () => clock.monotonic() >= downUntilMs,
    note(status) {
      if (status < 500) {
        failures = [];
        return;
      }
      const now = clock.monotonic();
      failures = failures.filter((at) => at > now - failureWindowMs);
      failures.push(now);
      if (failures.length < maxFailedAttempts) return;
      failures = [];
      downUntilMs = now + failureWindowMs;
    },
  };
}
