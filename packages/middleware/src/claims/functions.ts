import type { FunctionTable, PredicateFunction } from '../predicate/functions.ts';
import type { Claims, JsonValue } from './claims.ts';
import { describeClaim } from './describe.ts';
import { parseClaimPath, readClaim } from './path.ts';
import { claimText } from './text.ts';

type Test = (value: JsonValue | undefined) => boolean;

function onClaim(
  parameters: readonly string[],
  repeats: boolean,
  test: (values: readonly string[]) => Test,
): PredicateFunction<Claims> {
  return {
    parameters,
    repeats,
    build([key = '', ...values]) {
      const parsed = parseClaimPath(key);
      if (!parsed.ok) return { argument: 0, message: parsed.message };
      const { path } = parsed;
      const holds = test(values);
      return (claims) => holds(readClaim(claims, path));
    },
    describe: ([key = ''], claims) => describeClaim(key, claims),
  };
}

const isArray = (value: JsonValue | undefined): value is readonly JsonValue[] => Array.isArray(value);

/** As Go splits: an empty separator yields characters, where `split` would cut surrogate pairs. */
const splitText = (text: string, separator: string): string[] =>
  separator === '' ? Array.from(text) : text.split(separator);

/** The functions of `claims`; a missing claim or one of another type is false. */
export const claimFunctions: FunctionTable<Claims> = Object.freeze({
  Equals: onClaim(
    ['key', 'value'],
    false,
    ([wanted]) =>
      (value) =>
        claimText(value) === wanted,
  ),
  Prefix: onClaim(
    ['key', 'value'],
    false,
    ([prefix = '']) =>
      (value) =>
        claimText(value)?.startsWith(prefix) === true,
  ),
  Contains: onClaim(
    ['key', 'value'],
    false,
    ([part = '']) =>
      (value) =>
        typeof value === 'string'
          ? value.includes(part)
          : isArray(value) && value.some((element) => claimText(element) === part),
  ),
  SplitContains: onClaim(
    ['key', 'separator', 'value'],
    false,
    ([separator = '', part = '']) =>
      (value) =>
        typeof value === 'string' && splitText(value, separator).includes(part),
  ),
  OneOf: onClaim(['key', 'value'], true, (values) => {
    const wanted = new Set(values);
    const has = (value: JsonValue | undefined): boolean => {
      const text = claimText(value);
      return text !== undefined && wanted.has(text);
    };
    return (value) => (isArray(value) ? value.some(has) : has(value));
  }),
});
