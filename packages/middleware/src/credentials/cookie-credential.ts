/** The values of a cookie, without quotes (RFC 6265 section 4.1.1). @param header value of `Cookie`. */
export function readCookieCredentials(header: string, name: string): readonly string[] {
  return header.split(';').flatMap((pair) => {
    const [own, value] = splitPair(pair);
    return own === name ? [unquote(value)] : [];
  });
}

/** The value of `Cookie` without every cookie of that name; empty when none is left, the same text when there was none. */
export function removeCookieCredentials(header: string, name: string): string {
  const pairs = header.split(';');
  const kept = pairs.filter((pair) => splitPair(pair)[0] !== name);
  return kept.length === pairs.length ? header : kept.join(';').trim();
}

function splitPair(pair: string): readonly [name: string, value: string] {
  const equals = pair.indexOf('=');
  return equals < 0 ? [pair.trim(), ''] : [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()];
}

const unquote = (value: string): string =>
  value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
