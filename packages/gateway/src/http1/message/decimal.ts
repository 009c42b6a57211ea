/**
 * Reads digits, such as those of a Content-Length, however many zeros come first.
 *
 * @returns undefined for anything else, and beyond 2^53 - 1: a number there would be rounded.
 */
export function readDecimal(text: string): number | undefined {
  const digits = /^0*(\d{1,16})$/.exec(text)?.[1];
  const value = digits === undefined ? NaN : Number(digits);
  return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}
