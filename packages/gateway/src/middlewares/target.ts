import { encodeByte } from '../routing/percent.ts';

/** A request target in its two parts. */
export interface RequestTarget {
  readonly path: string;
  /** Query with its `?`; empty without one. */
  readonly query: string;
}

export function splitTarget(target: string): RequestTarget {
  const question = target.indexOf('?');
  return question < 0
    ? { path: target, query: '' }
    : { path: target.slice(0, question), query: target.slice(question) };
}

/** Encodes text for a path (RFC 3986 section 3.3): invalid characters are percent-encoded as UTF-8; `%XX` stays, and brackets, as in Go. */
export function encodePath(text: string): string {
  return text.replace(/%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@/%[\]]/gu, (character) =>
    Array.from(Buffer.from(character), encodeByte).join(''),
  );
}

/**
 * The part of an encoded path that corresponds to the beginning of its decoded form.
 *
 * @param prefix decoded. @returns the number of characters of `path`; undefined when it does not start with the prefix.
 */
export function measurePrefix(path: string, prefix: string): number | undefined {
  // Nearly every path is its own decoded form. It is ASCII, because other characters are encoded.
  if (!path.includes('%')) return path.startsWith(prefix) ? prefix.length : undefined;
  const bytes = Buffer.from(prefix);
  let at = 0;
  for (const byte of bytes) {
    const isEncoded = path[at] === '%';
    const here = isEncoded ? parseInt(path.slice(at + 1, at + 3), 16) : path.charCodeAt(at);
    if (here !== byte) return undefined;
    at += isEncoded ? 3 : 1;
  }
  return at;
}
