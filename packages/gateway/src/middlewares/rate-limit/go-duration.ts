/** A duration in the format of Go's `time.Duration`: `9.8s`, `1m0.5s`, `250ms`. @param ms 0 and up; rounded to microseconds. */
export function formatGoDuration(ms: number): string {
  const micros = Math.round(ms * 1000);
  if (micros === 0) return '0s';
  if (micros < 1000) return `${micros}µs`;
  if (micros < 1_000_000) return `${micros / 1000}ms`;
  const seconds = (micros % 60_000_000) / 1_000_000;
  const minutes = Math.floor(micros / 60_000_000);
  const hours = Math.floor(minutes / 60);
  if (hours > 0) return `${hours}h${minutes % 60}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
