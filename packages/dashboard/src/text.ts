// Readable words, numbers and times.

const integer = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const decimal = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** A count: `12,345`. */
export const formatCount = (count: number): string => integer.format(count);

/** A rate: one decimal below 100. */
export const formatRate = (rate: number): string => (rate < 100 ? decimal : integer).format(rate);

export const formatShare = (part: number, whole: number): string =>
  whole === 0
    ? '0 %'
    : part > 0 && part / whole < 0.001
      ? '< 0.1 %'
      : `${decimal.format((part / whole) * 100)} %`;

/** Milliseconds: `0.4 ms`, `12 ms`, `1.2 s`. */
export function formatMilliseconds(ms: number): string {
  if (ms >= 1000) return `${decimal.format(ms / 1000)} s`;
  return ms >= 10 ? `${integer.format(ms)} ms` : `${decimal.format(ms)} ms`;
}

const units = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const;

/** A length of time in its two largest units: `2 h 5 min`. */
export function formatDuration(ms: number): string {
  let rest = Math.max(0, Math.round(ms / 1000));
  const largest = units.findIndex(([length]) => rest >= length);
  if (largest < 0) return '0 s';
  const parts: string[] = [];
  for (const [length, unit] of units.slice(largest, largest + 2)) {
    const count = Math.floor(rest / length);
    rest %= length;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.join(' ');
}

/** A time relative to now: `in 5 min`, `3 s ago`. */
export function formatRelative(time: number, now: number): string {
  const distance = time - now;
  if (Math.abs(distance) < 1000) return 'now';
  return distance > 0 ? `in ${formatDuration(distance)}` : `${formatDuration(-distance)} ago`;
}

/** A code as words: `claims_not_satisfied` gives `claims not satisfied`. */
export const codeWords = (code: string): string => code.replaceAll('_', ' ');

export const plural = (count: number, noun: string, nouns = `${noun}s`): string =>
  `${formatCount(count)} ${count === 1 ? noun : nouns}`;

/** Control characters, and those that reorder or hide text around them. */
const unreadable = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;

const codePoint = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

/**
 * A text from outside in a form that is safe to show: invisible characters, and characters that reorder others, become `‹U+202E›`.
 */
export const readable = (text: string): string =>
  text.replace(unreadable, (character) => `‹${codePoint(character)}›`);

/** The first characters of a text, with their total number if it is longer. */
export function shorten(text: string, limit: number): string {
  const characters = Array.from(text);
  if (characters.length <= limit) return text;
  return `${characters.slice(0, limit).join('')}… (${formatCount(characters.length)} characters)`;
}
