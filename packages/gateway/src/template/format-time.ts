import type { Time } from './value.ts';

/** A layout in Go's reference time, as texts and elements in turn. */
export type Layout = readonly (string | ((date: Date) => string))[];

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July'].concat(
  'August September October November December'.split(' '),
);
const pad = (value: number, width = 2, fill = '0'): string => String(value).padStart(width, fill);
const dayOf = (date: Date): string => days[date.getDay()] ?? '';
const monthOf = (date: Date): string => months[date.getMonth()] ?? '';
const hourOf = (date: Date): number => date.getHours() % 12 || 12;
const dayOfYear = (date: Date): number =>
  1 +
  (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - Date.UTC(date.getFullYear(), 0, 1)) /
    86_400_000;

/** Go's `MST`, `-0700` and so on, of the process's own time zone. */
function offsetOf(date: Date, separator: string, parts: number): string {
  const seconds = -Math.round(date.getTimezoneOffset() * 60);
  const size = Math.abs(seconds);
  const texts = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60].map((part) => pad(part));
  return (seconds < 0 ? '-' : '+') + texts.slice(0, parts).join(separator);
}

const zuluOf = (date: Date, separator: string, parts: number): string =>
  date.getTimezoneOffset() === 0 ? 'Z' : offsetOf(date, separator, parts);

const abbreviationOf = (date: Date): string =>
  new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' })
    .formatToParts(date)
    .find(({ type }) => type === 'timeZoneName')?.value ?? 'UTC';

const elements: Readonly<Record<string, (date: Date) => string>> = {
  January: monthOf,
  Jan: (date) => monthOf(date).slice(0, 3),
  Monday: dayOf,
  Mon: (date) => dayOf(date).slice(0, 3),
  MST: abbreviationOf,
  '2006': (date) => pad(date.getFullYear(), 4),
  '06': (date) => pad(date.getFullYear() % 100),
  '01': (date) => pad(date.getMonth() + 1),
  '1': (date) => String(date.getMonth() + 1),
  '02': (date) => pad(date.getDate()),
  _2: (date) => pad(date.getDate(), 2, ' '),
  '2': (date) => String(date.getDate()),
  '002': (date) => pad(dayOfYear(date), 3),
  __2: (date) => pad(dayOfYear(date), 3, ' '),
  '15': (date) => pad(date.getHours()),
  '03': (date) => pad(hourOf(date)),
  '3': (date) => String(hourOf(date)),
  '04': (date) => pad(date.getMinutes()),
  '4': (date) => String(date.getMinutes()),
  '05': (date) => pad(date.getSeconds()),
  '5': (date) => String(date.getSeconds()),
  PM: (date) => (date.getHours() < 12 ? 'AM' : 'PM'),
  pm: (date) => (date.getHours() < 12 ? 'am' : 'pm'),
  '-07:00:00': (date) => offsetOf(date, ':', 3),
  '-070000': (date) => offsetOf(date, '', 3),
  '-07:00': (date) => offsetOf(date, ':', 2),
  '-0700': (date) => offsetOf(date, '', 2),
  '-07': (date) => offsetOf(date, '', 1),
  'Z07:00:00': (date) => zuluOf(date, ':', 3),
  Z070000: (date) => zuluOf(date, '', 3),
  'Z07:00': (date) => zuluOf(date, ':', 2),
  Z0700: (date) => zuluOf(date, '', 2),
  Z07: (date) => zuluOf(date, '', 1),
};

/** In the order in which Go tries them; `_2006` is an underscore followed by a year. */
const element =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|1|2006|__2|_2(?!006)|2|3|4|5|PM|pm|-070000|-07:00:00|-0700|-07:00|-07|Z070000|Z07:00:00|Z0700|Z07:00|Z07|[.,](?:0+|9+)(?!\d)/g;

/** Parses a layout as Go's `time.Format` does. */
export function layoutOf(text: string): Layout {
  const parts: Layout[number][] = [];
  let end = 0;
  for (const match of text.matchAll(element)) {
    const [written] = match;
    parts.push(text.slice(end, match.index), elements[written] ?? fractionOf(written));
    end = match.index + written.length;
  }
  return [...parts, text.slice(end)];
}

/** `.000` writes exactly that many digits, `.999` omits trailing zeros. */
const fractionOf =
  (written: string) =>
  (date: Date): string => {
    const digits = pad(date.getMilliseconds(), 3)
      .padEnd(9, '0')
      .slice(0, written.length - 1);
    const shown = written.includes('9') ? digits.replace(/0+$/, '') : digits;
    return shown === '' ? '' : `${written.charAt(0)}${shown}`;
  };

export function formatTime({ ms }: Time, layout: Layout): string {
  const date = new Date(ms);
  return layout.map((part) => (typeof part === 'string' ? part : part(date))).join('');
}
