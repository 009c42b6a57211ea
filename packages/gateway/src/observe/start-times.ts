import type { RequestRecord } from '../pipeline/record.ts';
import { oncePerSecond } from './log-times.ts';

/** The time at which a request began as text, in nanoseconds (RFC 3339). */
export interface StartTimes {
  utc(record: RequestRecord): string;
  /** In the time zone of the machine; `Z` if that is UTC. @param utc result of `utc` for the request. */
  local(record: RequestRecord, utc: string): string;
}

/**
 * The machine's clock has whole milliseconds. Smaller units come from the monotonic clock, with an offset to the machine's clock.
 * The offset becomes exact within a few requests, and follows a clock that is set.
 */
export function createStartTimes(): StartTimes {
  const toSecond = oncePerSecond((ms) => new Date(ms).toISOString().slice(0, 20));
  let zone = '';
  const toLocalSecond = oncePerSecond((ms) => {
    const minutes = -new Date(ms).getTimezoneOffset();
    zone = toZone(minutes);
    return new Date(ms + minutes * 60_000).toISOString().slice(0, 19);
  });
  let base = NaN;
  let offset = 0;
  return {
    utc({ startedAt, startedMonotonic }) {
      const wall = Math.floor(startedAt);
      if (Number.isNaN(base)) {
        base = wall;
        offset = -startedMonotonic;
      }
      let below = startedMonotonic + offset - (wall - base);
      if (below < 0 || below >= 1) {
        const nearest = below < 0 ? 0 : 0.999_999;
        offset += nearest - below;
        below = nearest;
      }
      // The first digit preserves the leading zeros of the others.
      const digits = String(1e9 + (wall % 1000) * 1e6 + Math.floor(below * 1e6));
      return `${toSecond(startedAt)}${digits.slice(1)}Z`;
    },
    local({ startedAt }, utc) {
      const second = toLocalSecond(startedAt);
      return zone === 'Z' ? utc : `${second}${utc.slice(19, -1)}${zone}`;
    },
  };
}

function toZone(minutes: number): string {
  if (minutes === 0) return 'Z';
  const away = Math.abs(minutes);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(away / 60))}:${two(away % 60)}`;
}
