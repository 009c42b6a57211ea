/** A text in a rule, as Traefik 3.7 writes it there: quoted as in Go. */
const quote = (text: string): string => JSON.stringify(text);

/** A matcher of a rule, such as `Path`, with its arguments. */
export const toMatcher = (name: string, ...values: readonly string[]): string =>
  `${name}(${values.map(quote).join(',')})`;

/** A prefix of whole elements of a path: `/foo` matches `/foo` and `/foo/bar`, but not `/foobar`. */
export function toPrefixMatcher(path: string): string {
  if (path === '/') return toMatcher('PathPrefix', path);
  const prefix = path.replace(/\/$/, '');
  return `(${toMatcher('Path', prefix)} || ${toMatcher('PathPrefix', `${prefix}/`)})`;
}
