/** Headers of a message: name and value in turn. */
export type HeaderList = readonly string[];

/** The values of a header, one per line; `separator` joins them. Undefined when there is none. @param name in lower case. */
export function valueIn(headers: HeaderList, name: string, separator = ', '): string | undefined {
  let found: string | undefined;
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const written = headers[at] ?? '';
    if (written.length !== name.length || written.toLowerCase() !== name) continue;
    const value = headers[at + 1] ?? '';
    found = found === undefined ? value : `${found}${separator}${value}`;
  }
  return found;
}

/** The values of a header, one per line. @param name in lower case. */
export function valuesIn(headers: HeaderList, name: string): readonly string[] {
  const values: string[] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const written = headers[at] ?? '';
    if (written.length === name.length && written.toLowerCase() === name) values.push(headers[at + 1] ?? '');
  }
  return values;
}

export const namesIn = (headers: HeaderList): readonly string[] => headers.filter((_, at) => at % 2 === 0);

/**
 * Replaces headers that have the same names.
 *
 * @param names names of the headers to drop, in lower case, including the names of `added`.
 */
export function replaceHeaders(
  headers: HeaderList,
  names: ReadonlySet<string>,
  added: HeaderList,
): HeaderList {
  const result: string[] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? '';
    if (!names.has(name.toLowerCase())) result.push(name, headers[at + 1] ?? '');
  }
  result.push(...added);
  return result;
}

/** Text as UTF-8, one character per byte, as heads require. */
export const toHeaderBytes = (text: string): string => Buffer.from(text).toString('latin1');
