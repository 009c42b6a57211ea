/** The value of a header; several are joined, so that repeated credentials are refused as malformed. @param name in lower case. */
export function valueOf(rawHeaders: readonly string[], name: string): string | undefined {
  let value: string | undefined;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.length === name.length && rawHeaders[at]?.toLowerCase() === name)
      value = value === undefined ? rawHeaders[at + 1] : `${value}, ${rawHeaders[at + 1] ?? ''}`;
  return value;
}

export function* namesOf(rawHeaders: readonly string[]): Iterable<string> {
  for (let at = 0; at < rawHeaders.length; at += 2) yield rawHeaders[at] ?? '';
}
