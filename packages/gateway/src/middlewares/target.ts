import { encodeByte } from '../routing/percent.ts';

/** A request target in its two parts. */
export interface RequestTarget {
  readonly path: string;
  /** With its `?`; empty when there is none. */
  readonly query: string;
}

export function splitTarget(target: string): RequestTarget {
  const question = target.indexOf('?');
  return question < 0
    ? { path: target, query: '' }
    : { path: target.slice(0, question), query: target.slice(question) };
}

/** Text as it stands in a path (RFC 3986 section 3.3): what may not stand there, in UTF-8, percent-encoded; `%XX` stays, and brackets, as in Go. */
export function encodePath(text: string): string {
  return text.replace(/%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@/%[\]]/gu, (character) =>
    Array.from(Buffer.from(character), encodeByte).join(''),
  );
}

/**
 * The part of an encoded path that stands for the beginning of its decoded form.
 *
 * @param prefix decoded. @returns the number of characters of `path`; undefined when it does not begin so.
 */
export function measurePrefix(path: string, prefix: string): number | undefined {
  // Nearly every path stands for itself. It is ASCII, because others are encoded.
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
