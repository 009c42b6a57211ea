/** Whether a code point belongs to a set of characters. */
export type CharSet = (codePoint: number) => boolean;

/** A part of a class: content of a JavaScript class that consists of `\u{...}`, ranges and `\p{...}` only. */
export interface ClassPart {
  readonly content: string;
  /** Whether the part stands for the characters outside `content`. */
  readonly negated: boolean;
}

/** The characters between two code points, inclusive. */
export function toRange(from: number, to: number): ClassPart {
  return { content: `${toEscape(from)}-${toEscape(to)}`, negated: false };
}

const toEscape = (codePoint: number): string => `\\u{${codePoint.toString(16)}}`;

/** Case-folding partners of ASCII letters outside ASCII: the long s and the Kelvin sign. */
const foldPartners: Readonly<Record<string, number>> = { s: 0x17f, k: 0x212a };

/** A set of one character. `foldCase` adds the characters that differ from it in letter case only. */
export function createLiteral(codePoint: number, foldCase: boolean): CharSet {
  if (!foldCase) return (other) => other === codePoint;
  if (codePoint > 0x7f) return createClass([toRange(codePoint, codePoint)], { negated: false, foldCase });
  const char = String.fromCodePoint(codePoint);
  const lower = char.toLowerCase();
  const lowerCode = lower.charCodeAt(0);
  const upperCode = char.toUpperCase().charCodeAt(0);
  const partner = foldPartners[lower] ?? lowerCode;
  return (other) => other === lowerCode || other === upperCode || other === partner;
}

/** A set that is the union of its parts, or with `negated` its complement. */
export function createClass(
  parts: readonly ClassPart[],
  options: { readonly negated: boolean; readonly foldCase: boolean },
): CharSet {
  const flags = options.foldCase ? 'iu' : 'u';
  const positive = parts.filter((part) => !part.negated).map((part) => part.content);
  // The expression tests one character at a time, so it cannot backtrack. A negated part folds before its negation, as in Go.
  const patterns = [
    ...(positive.length === 0
      ? []
      : [{ pattern: new RegExp(`[${positive.join('')}]`, flags), expected: true }]),
    ...parts
      .filter((part) => part.negated)
      .map((part) => ({ pattern: new RegExp(`[${part.content}]`, flags), expected: false })),
  ];
  const holds = (codePoint: number): boolean => {
    const char = String.fromCodePoint(codePoint);
    return patterns.some(({ pattern, expected }) => pattern.test(char) === expected) !== options.negated;
  };
  const ascii = Uint8Array.from({ length: 128 }, (_, codePoint) => (holds(codePoint) ? 1 : 0));
  return (codePoint) => (codePoint < 128 ? ascii[codePoint] === 1 : holds(codePoint));
}
