/** The longest `Retry-After` that is believed, in seconds: a day. */
const longestSeconds = 86_400;

/**
 * Reads `Retry-After` as whole seconds from now, at most a day (RFC 9110 section 10.2.3): seconds or an HTTP date.
 * Undefined when the header is missing or malformed.
 */
export function parseRetryAfter(value: string | null, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(longestSeconds, Number(text));
  // Date.parse takes nearly anything; the obsolete asctime form, which names no zone, is left out.
  if (!/^[A-Za-z]{3,9}, .+ GMT$/.test(text)) return undefined;
  const dateMs = Date.parse(text);
  if (Number.isNaN(dateMs)) return undefined;
  return Math.min(longestSeconds, Math.max(0, Math.ceil((dateMs - nowMs) / 1000)));
}
