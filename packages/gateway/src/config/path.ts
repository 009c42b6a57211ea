/** Names and indexes from the root of a document to a value in it. */
export type Path = readonly (string | number)[];

/** `http.routers.api.middlewares[0]`, as diagnostics write it. */
export function formatPath(path: Path): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );
}

/** The value at a path; undefined if there is none. Inherited properties do not count. */
export function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let at = root;
  for (const part of path) {
    if (!isObject(at) || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[part];
  }
  return at;
}

/** An object or an array. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** An object that is not an array: a mapping. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return isObject(value) && !Array.isArray(value);
}

/** The path in the letter case of the options. */
export function asWritten(options: unknown, path: readonly string[]): string[] {
  let at = options;
  return path.map((name) => {
    const record: Record<string, unknown> = isMapping(at) ? at : {};
    const written = Object.keys(record).find((key) => key.toLowerCase() === name.toLowerCase()) ?? name;
    at = record[written];
    return written;
  });
}
