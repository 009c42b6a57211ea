/** A time in milliseconds since the epoch as text. */
export type ToTime = (ms: number) => string;

/** @param toText formats a time with a precision of one second. */
export function oncePerSecond(toText: ToTime): ToTime {
  let second = NaN;
  let text = '';
  return (ms) => {
    const now = Math.floor(ms / 1000);
    if (now !== second) {
      second = now;
      text = toText(now * 1000);
    }
    return text;
  };
}

/** As `Date.prototype.toISOString` writes it. */
export function createIsoTimes(): ToTime {
  const toSecond = oncePerSecond((ms) => new Date(ms).toISOString().slice(0, 20));
  return (ms) => {
    const rest = Math.floor(ms) % 1000;
    return `${toSecond(ms)}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`;
  };
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `10/Oct/2026:13:55:36 +0000` */
export function toClfTime(ms: number): string {
  const at = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  return (
    `${two(at.getUTCDate())}/${months[at.getUTCMonth()] ?? ''}/${at.getUTCFullYear()}` +
    `:${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000`
  );
}
