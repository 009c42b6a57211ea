import { createClass, createLiteral } from './char-set.ts';
import { readCharEscape, readClassEscape } from './escape.ts';
import { parseClass } from './parse-class.ts';
import { createScanner, RegexpFault, type Scanner } from './scanner.ts';
import type { Assertion, Syntax } from './syntax.ts';

/** Maximum nesting of groups. */
const maxDepth = 250;
/** Maximum number in `{n,m}`, as in Go. */
const maxRepeat = 1000;

interface Flags {
  /** `i` */
  readonly foldCase: boolean;
  /** `m` */
  readonly multiLine: boolean;
  /** `s` */
  readonly dotAll: boolean;
  /** `U`: repetitions are lazy, and `?` after them makes them greedy. */
  readonly swapGreed: boolean;
}

/** Names of the groups that capture, by index; empty for one without a name. */
type GroupNames = string[];

export interface ParsedRegexp {
  readonly syntax: Syntax;
  /** Names of its groups by index, from 1; empty for one without a name. The first stands for the whole match. */
  readonly groupNames: readonly string[];
}

const groupName = /\?P?<([^>]*)>/y;
const groupFlags = /\?([imsU]*)(?:-([imsU]+))?([:)])/y;
const counts = /\{(0|[1-9]\d*)(?:(,)(0|[1-9]\d*)?)?\}/y;
const simpleRepeat = /[*+?]/y;
const quoted = /([\s\S]*?)(?:\\E|$)/y;
const escapedAssertions: Readonly<Record<string, Assertion>> = {
  A: 'start',
  z: 'end',
  b: 'wordBoundary',
  B: 'noWordBoundary',
};

/**
 * Parses a regular expression in the syntax of Go's `regexp` package (RE2). @throws RegexpFault
 *
 * @see https://pkg.go.dev/regexp/syntax
 */
export function parseRegexp(source: string): ParsedRegexp {
  const scanner = createScanner(source);
  const groupNames: GroupNames = [''];
  const flags = { foldCase: false, multiLine: false, dotAll: false, swapGreed: false };
  const syntax = parseAlternatives(scanner, flags, groupNames, 0);
  if (!scanner.atEnd) throw new RegexpFault('unexpected )');
  return { syntax, groupNames };
}

function parseAlternatives(scanner: Scanner, outer: Flags, groupNames: GroupNames, depth: number): Syntax {
  if (depth > maxDepth) throw new RegexpFault(`groups nested deeper than ${maxDepth} levels`);
  let flags = outer;
  const alternatives: Syntax[] = [];
  let items: Syntax[] = [];
  let repeatable = false;
  let repeated = false;
  for (;;) {
    const char = scanner.peek();
    if (char === '' || char === ')') break;
    const repeat = readRepeat(scanner);
    if (repeat !== undefined) {
      const item = repeatable ? items.pop() : undefined;
      if (item === undefined)
        throw new RegexpFault(
          repeated ? `${repeat.text} follows another repetition` : `nothing before ${repeat.text} to repeat`,
        );
      const { min, max } = repeat;
      items.push({ kind: 'repeat', item, min, max, lazy: repeat.lazy !== flags.swapGreed });
      repeatable = false;
      repeated = true;
      continue;
    }
    scanner.take();
    repeatable = true;
    repeated = false;
    if (char === '|') {
      alternatives.push(toSequence(items));
      items = [];
      repeatable = false;
    } else if (char === '(') {
      const inner = readGroupStart(scanner, flags);
      if (inner.closed) {
        flags = inner.flags;
        // A following repetition applies to the item before this one.
        repeatable = items.length > 0;
      } else {
        const index = inner.name === undefined ? undefined : groupNames.push(inner.name) - 1;
        const item = parseAlternatives(scanner, inner.flags, groupNames, depth + 1);
        items.push(index === undefined ? item : { kind: 'group', item, index });
        if (!scanner.takeIf(')')) throw new RegexpFault('missing closing )');
      }
    } else if (char === '\\' && scanner.takeIf('Q')) {
      const literals = Array.from(scanner.match(quoted)?.[1] ?? '', (next) => literal(next, flags));
      items.push(...literals);
      repeatable = items.length > 0;
    } else {
      items.push(parseAtom(scanner, char, flags));
    }
  }
  alternatives.push(toSequence(items));
  const [only] = alternatives;
  return only !== undefined && alternatives.length === 1
    ? only
    : { kind: 'alternatives', items: alternatives };
}

const toSequence = (items: readonly Syntax[]): Syntax => {
  const [only] = items;
  return only !== undefined && items.length === 1 ? only : { kind: 'sequence', items };
};

function literal(char: string, flags: Flags): Syntax {
  return { kind: 'set', set: createLiteral(char.codePointAt(0) ?? 0, flags.foldCase) };
}

function parseAtom(scanner: Scanner, char: string, flags: Flags): Syntax {
  switch (char) {
    case '.':
      return { kind: 'set', set: flags.dotAll ? () => true : (codePoint) => codePoint !== 10 };
    case '^':
      return { kind: 'assertion', assertion: flags.multiLine ? 'lineStart' : 'start' };
    case '$':
      return { kind: 'assertion', assertion: flags.multiLine ? 'lineEnd' : 'end' };
    case '[':
      return { kind: 'set', set: parseClass(scanner, flags.foldCase) };
    case '\\':
      return parseEscape(scanner, flags);
    default:
      return literal(char, flags);
  }
}

function parseEscape(scanner: Scanner, flags: Flags): Syntax {
  const letter = scanner.peek();
  const assertion = Object.hasOwn(escapedAssertions, letter) ? escapedAssertions[letter] : undefined;
  if (assertion !== undefined) {
    scanner.take();
    return { kind: 'assertion', assertion };
  }
  const part = readClassEscape(scanner);
  if (part !== undefined)
    return { kind: 'set', set: createClass([part], { negated: false, foldCase: flags.foldCase }) };
  return { kind: 'set', set: createLiteral(readCharEscape(scanner), flags.foldCase) };
}

interface GroupStart {
  readonly flags: Flags;
  /** `(?flags)`: changes the flags of the enclosing group. */
  readonly closed: boolean;
  /** Empty for a group without a name; undefined for one that does not capture. */
  readonly name: string | undefined;
}

/** Reads what follows the `(` of a group. */
function readGroupStart(scanner: Scanner, outer: Flags): GroupStart {
  if (scanner.peek() !== '?') return { flags: outer, closed: false, name: '' };
  const named = scanner.match(groupName);
  if (named !== undefined) {
    const name = named[1] ?? '';
    if (!/^[A-Za-z0-9_]+$/.test(name)) throw new RegexpFault(`invalid group name in (${named[0]}`);
    return { flags: outer, closed: false, name };
  }
  const flagged = scanner.match(groupFlags);
  if (flagged === undefined)
    throw new RegexpFault('unknown group (?...: Go supports neither look-around nor other Perl groups');
  const [, on = '', off = '', end] = flagged;
  const pick = (flag: string, before: boolean): boolean =>
    off.includes(flag) ? false : on.includes(flag) || before;
  const flags = {
    foldCase: pick('i', outer.foldCase),
    multiLine: pick('m', outer.multiLine),
    dotAll: pick('s', outer.dotAll),
    swapGreed: pick('U', outer.swapGreed),
  };
  return { flags, closed: end === ')', name: undefined };
}

interface Repeat {
  readonly text: string;
  readonly min: number;
  readonly max: number;
  /** Whether `?` comes next. */
  readonly lazy: boolean;
}

/** Reads a repetition. A `{` that does not start one is literal. */
function readRepeat(scanner: Scanner): Repeat | undefined {
  const simple = scanner.match(simpleRepeat)?.[0];
  const counted = simple === undefined ? scanner.match(counts) : undefined;
  if (simple === undefined && counted === undefined) return undefined;
  const text = simple ?? counted?.[0] ?? '';
  const lazy = scanner.takeIf('?');
  if (simple !== undefined)
    return { text, min: simple === '+' ? 1 : 0, max: simple === '?' ? 1 : Infinity, lazy };
  const min = Number(counted?.[1]);
  const max = counted?.[2] === undefined ? min : counted[3] === undefined ? Infinity : Number(counted[3]);
  if (min > maxRepeat || (max !== Infinity && max > maxRepeat) || max < min) {
    throw new RegexpFault(`invalid repetition ${text}: expected 0 to ${maxRepeat}, the smaller number first`);
  }
  return { text, min, max, lazy };
}
