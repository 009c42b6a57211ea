/** Names and values in two columns. */
export function formatPairs(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`.trimEnd() + '\n').join('');
}

/**
 * The headers that a server receives, name and value.
 * @param credentialHeader the header whose value is a credential, which is not shown.
 */
export function toShownHeaders(
  raw: readonly string[],
  credentialHeader: string,
): readonly (readonly [string, string])[] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? '';
    // Values are the bytes of UTF-8, one per character.
    const value = Buffer.from(raw[at + 1] ?? '', 'latin1').toString('utf8');
    if (name.toLowerCase() !== credentialHeader.toLowerCase()) pairs.push([name, value]);
    else pairs.push([name === 'authorization' ? 'Authorization' : name, '[hidden]']);
  }
  return pairs;
}
