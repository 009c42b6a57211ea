/** Status codes, both ends included. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

/** A status code, `404`, or a range of them, `500-599`; undefined for text that is neither. */
export function readStatusRange(text: string): StatusRange | undefined {
  const [, first, last = first] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  return from <= to ? { from, to } : undefined;
}

export const isWithin = (status: number, { from, to }: StatusRange): boolean =>
  status >= from && status <= to;
