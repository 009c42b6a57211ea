import type { HrTime } from '@opentelemetry/api';

/** Seconds and nanoseconds. @param ms milliseconds. */
export function toHrTime(ms: number): HrTime {
  const seconds = Math.trunc(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
