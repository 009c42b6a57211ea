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

/** Reads a date of HTTP (RFC 9110 section 5.6.7) as milliseconds since the epoch; undefined when it is malformed. */
export function parseHttpDate(text: string): number | undefined {
  // Date.parse accepts nearly anything; the obsolete asctime form, which names no zone, is not supported.
  if (!/^[A-Za-z]{3,9}, .+ GMT$/.test(text)) return undefined;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : dateMs;
}
