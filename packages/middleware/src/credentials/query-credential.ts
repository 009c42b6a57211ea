/** Names and values end at `&`. `;` separates as well, because some servers treat it as a separator. */
const separator = /[&;]/;

/** The values of a query parameter, decoded; undefined for a value with a malformed percent-encoding. @param target path and query. */
export function readQueryCredentials(target: string, name: string): readonly (string | undefined)[] {
  const question = target.indexOf('?');
  if (question < 0) return [];
  const values: (string | undefined)[] = [];
  for (const pair of target.slice(question + 1).split(separator)) {
    const equals = pair.indexOf('=');
    if (decode(equals < 0 ? pair : pair.slice(0, equals)) !== name) continue;
    values.push(equals < 0 ? '' : decode(pair.slice(equals + 1)));
  }
  return values;
}

/** The target without every parameter of that name; the same text when there is none. */
export function removeQueryCredentials(target: string, name: string): string {
  const question = target.indexOf('?');
  if (question < 0) return target;
  // Odd entries are separators: each remaining parameter keeps its own.
  const parts = target.slice(question + 1).split(/([&;])/);
  const kept: string[] = [];
  for (let at = 0; at < parts.length; at += 2) {
    const pair = parts[at] ?? '';
    const equals = pair.indexOf('=');
    if (decode(equals < 0 ? pair : pair.slice(0, equals)) === name) continue;
    if (kept.length > 0) kept.push(parts[at - 1] ?? '&');
    kept.push(pair);
  }
  const query = kept.join('');
  if (query.length === target.length - question - 1) return target;
  return query === '' ? target.slice(0, question) : `${target.slice(0, question)}?${query}`;
}

/** Decodes a form value (`+` is a space); undefined when the percent-encoding is malformed. */
function decode(text: string): string | undefined {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
