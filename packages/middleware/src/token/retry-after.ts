import { parseHttpDate } from './http-date.ts';

/** The longest accepted `Retry-After`, in seconds: a day. */
const longestSeconds = 86_400;

/**
 * Reads `Retry-After` as whole seconds from now, at most a day (RFC 9110 section 10.2.3): seconds or an HTTP date.
 * Undefined when the header is missing or malformed.
 */
export function parseRetryAfter(value: string | null, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(longestSeconds, Number(text));
  const dateMs = parseHttpDate(text);
  if (dateMs === undefined) return undefined;
  return Math.min(longestSeconds, Math.max(0, Math.ceil((dateMs - nowMs) / 1000)));
}
