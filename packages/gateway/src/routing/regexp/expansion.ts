import type { Places } from './find.ts';

/** Text with references to groups. */
export type Expansion = (text: string, places: Places) => string;

const reference = /\$(?:\$|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu;

/**
 * Reads a replacement like Go's `Regexp.Expand`: `$1`, `${1}`, `$name` and `${name}` refer to groups (the longest possible name),
 * and `$$` is a dollar sign. A group that does not exist or did not match is empty. Any other dollar sign is literal.
 *
 * @param groupNames names by index, empty for a group without one.
 */
export function parseExpansion(source: string, groupNames: readonly string[]): Expansion {
  const parts: (string | readonly number[])[] = [];
  let end = 0;
  for (const match of source.matchAll(reference)) {
    const [written, bare, braced] = match;
    const name = bare ?? braced;
    parts.push(source.slice(end, match.index), name === undefined ? '$' : findGroups(name, groupNames));
    end = match.index + written.length;
  }
  parts.push(source.slice(end));
  return (text, places) =>
    parts.map((part) => (typeof part === 'string' ? part : textOf(part, text, places))).join('');
}

/** Indexes of the groups with a name. */
function findGroups(name: string, groupNames: readonly string[]): readonly number[] {
  if (/^(?:0|[1-9]\d*)$/.test(name)) return [Number(name)];
  return groupNames.flatMap((other, index) => (other === name ? [index] : []));
}

/** Text of the first of several groups that took part in the match. */
function textOf(groups: readonly number[], text: string, places: Places): string {
  const group = groups.find((index) => (places[index * 2] ?? -1) >= 0);
  return group === undefined ? '' : text.slice(places[group * 2], places[group * 2 + 1]);
}
