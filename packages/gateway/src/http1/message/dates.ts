import type { Clock } from '@grantgate/middleware/base/clock';

/** Gives the value of `Date` (RFC 9110 section 6.6.1), which is formatted once a second. */
export function createDates(clock: Clock): () => string {
  let second = NaN;
  let date = '';
  return () => {
    const now = Math.floor(clock.now() / 1000);
    if (now !== second) {
      second = now;
      date = new Date(now * 1000).toUTCString();
    }
    return date;
  };
}
