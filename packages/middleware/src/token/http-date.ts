/** Reads a date of HTTP (RFC 9110 section 5.6.7) as milliseconds since the epoch; undefined when it is malformed. */
export function parseHttpDate(text: string): number | undefined {
  // Date.parse accepts nearly anything; the obsolete asctime form, which names no zone, is not supported.
  if (!/^[A-Za-z]{3,9}, .+ GMT$/.test(text)) return undefined;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : dateMs;
}
