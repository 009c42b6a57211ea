import type { NumberLiteral } from './node.ts';

const maxInt = 2n ** 63n - 1n;

/** Reads a number as Go's `strconv` does with base 0: `12`, `0x1f`, `0o17`, `017`, `0b1`, `1_000`, `1.5`, `2e3`; otherwise undefined. */
export function readNumberLiteral(text: string): NumberLiteral | undefined {
  const int = parseInteger(text);
  if (int !== undefined) return { int, float: Number(int), isFloat: false };
  const digits = text.replaceAll('_', '');
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(digits)) return undefined;
  const float = Number(digits);
  if (!Number.isFinite(float)) return undefined;
  // A number without a point may exceed the range of integers.
  if (!/[.eE]/.test(digits)) return undefined;
  return { int: Number.isInteger(float) ? BigInt(float) : undefined, float, isFloat: true };
}

/** A signed integer of 64 bits as Go reads it with base 0; undefined for anything else. */
export function parseInteger(text: string): bigint | undefined {
  const match =
    /^([+-]?)(?:(0[xX])((?:_?[0-9a-fA-F])+)|(0[bB])((?:_?[01])+)|0[oO]?((?:_?[0-7])+)|(0|[1-9](?:_?\d)*))$/.exec(
      text,
    );
  if (match === null) return undefined;
  const [, sign, , hex, , binary, octal, decimal] = match;
  const digits = (prefix: string, written: string): bigint => BigInt(prefix + written.replaceAll('_', ''));
  const size =
    hex !== undefined
      ? digits('0x', hex)
      : binary !== undefined
        ? digits('0b', binary)
        : octal !== undefined
          ? digits('0o', octal)
          : digits('', decimal ?? '0');
  const value = sign === '-' ? -size : size;
  return value > maxInt || value < -maxInt - 1n ? undefined : value;
}
