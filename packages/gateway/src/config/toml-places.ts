import { toColumn } from './place.ts';
import type { Spelling } from './spelling.ts';
import { lengthOfEscape, toSourceOffset } from './spelling.ts';

interface TomlPlace {
  readonly line: number;
  /** Column of the key. */
  readonly key: number;
  /** Column of the value, inside its quotes; that of the key for a table. */
  readonly value: number;
}

/** Key of a path in the map of positions; unlike the written form, it distinguishes `"a.b"` from `a.b`. */
export const placeKey = (path: readonly (string | number)[]): string => path.join('\0');

const keyPart = /\s*(?:([A-Za-z0-9_-]+)|"((?:[^"\\]|\\.)*)"|'([^']*)')\s*/y;

/**
 * Positions of tables and keys in a valid TOML document, by path. Values inside inline tables and arrays have the position of
 * their key.
 */
export function scanToml(text: string): ReadonlyMap<string, TomlPlace> {
  const places = new Map<string, TomlPlace>();
  const counts = new Map<string, number>();
  let table: readonly (string | number)[] = [];
  const lines = text.split('\n');
  const note = (path: readonly (string | number)[], place: TomlPlace): void => {
    // `a.b.c = 1` is the first position of `a` and of `a.b` too.
    for (let length = 1; length < path.length; length += 1) {
      const ancestor = placeKey(path.slice(0, length));
      if (!places.has(ancestor)) places.set(ancestor, { ...place, value: place.key });
    }
    places.set(placeKey(path), place);
  };
  // Names of arrays of tables mean their last element.
  const resolve = (names: readonly string[]): (string | number)[] => {
    const path: (string | number)[] = [];
    for (const name of names) {
      path.push(name);
      const count = counts.get(placeKey(path));
      if (count !== undefined) path.push(count - 1);
    }
    return path;
  };
  for (let index = 0; index < lines.length; index += 1) {
    const source = lines[index] ?? '';
    const key = source.search(/\S/) + 1;
    const head = /^\s*(\[\[?)/.exec(source);
    const { names, end } = readKey(source, head?.[0].length ?? 0);
    if (names.length === 0) continue;
    if (head?.[1] === '[[') {
      const whole = [...resolve(names.slice(0, -1)), names[names.length - 1] ?? ''];
      const name = placeKey(whole);
      const count = counts.get(name) ?? 0;
      counts.set(name, count + 1);
      table = [...whole, count];
      note(table, { line: index + 1, key, value: key });
    } else if (head) {
      table = resolve(names);
      note(table, { line: index + 1, key, value: key });
    } else if (source[end] === '=') {
      const gap = /=\s*(?:"""|'''|["'])?/y;
      gap.lastIndex = end;
      note([...table, ...names], {
        line: index + 1,
        key,
        value: end + 1 + (gap.exec(source)?.[0].length ?? 0),
      });
      index = endOfValue(lines, index, end + 1);
    }
  }
  return places;
}

function readKey(source: string, from: number): { names: string[]; end: number } {
  const names: string[] = [];
  let end = from;
  for (;;) {
    keyPart.lastIndex = end;
    const match = keyPart.exec(source);
    if (match === null) break;
    names.push(match[1] ?? match[2] ?? match[3] ?? '');
    end = keyPart.lastIndex;
    if (source[end] !== '.') break;
    end += 1;
  }
  return { names, end };
}

/** The last line of a value: strings in triple quotes and arrays may span several. */
function endOfValue(lines: readonly string[], first: number, column: number): number {
  let depth = 0;
  let open = '';
  for (let index = first; index < lines.length; index += 1) {
    const source = (lines[index] ?? '').slice(index === first ? column : 0);
    for (let at = 0; at < source.length; at += 1) {
      if (open !== '') {
        if (source[at] === '\\' && open.startsWith('"')) at += 1;
        else if (source.startsWith(open, at)) {
          at += open.length - 1;
          open = '';
        }
        continue;
      }
      const char = source.charAt(at);
      if (char === '#') break;
      if (char === '[' || char === '{') depth += 1;
      else if (char === ']' || char === '}') depth -= 1;
      else if (char === '"' || char === "'") {
        open = source.startsWith(char.repeat(3), at) ? char.repeat(3) : char;
        at += open.length - 1;
      }
    }
    if (open.length < 3) {
      open = '';
      if (depth <= 0) return index;
    }
  }
  return lines.length;
}

const literal: Spelling = { piece: /[^]+/y, lengthOf: ({ length }) => length };
const basic: Spelling = {
  // A backslash at the end of a line includes the white space that follows.
  piece: /\\[ \t]*\r?\n[ \t\r\n]*|\\(?:x.{2}|u.{4}|U.{8}|[^])|[^\\]+|\\/y,
  lengthOf(written) {
    if (!written.startsWith('\\')) return written.length;
    return written.includes('\n') ? 0 : lengthOfEscape(written);
  },
};

/** The position of a code unit of a string, which begins at `start` and has any of the four forms. */
export function placeInString(
  text: string,
  start: TomlPlace,
  offset: number,
): { readonly line: number; readonly column: number } {
  let line = start.line;
  let lineStart = 0;
  for (let count = 1; count < line; count += 1) lineStart = text.indexOf('\n', lineStart) + 1;
  const from = lineStart + start.value - 1;
  const quotes = text.slice(Math.max(0, from - 3), from);
  // A line break after the opening quotes is not part of the text.
  const skipped = /^(?:"""|''')$/.test(quotes)
    ? (/^\r?\n/.exec(text.slice(from, from + 2))?.[0].length ?? 0)
    : 0;
  const at = toSourceOffset(text, from + skipped, quotes.endsWith('"') ? basic : literal, offset);
  for (let end = text.indexOf('\n', lineStart); end >= 0 && end < at; end = text.indexOf('\n', lineStart)) {
    line += 1;
    lineStart = end + 1;
  }
  return { line, column: toColumn(text, lineStart, at) };
}
