/** A request target as Go's net/url keeps it. A character is a byte. */
export interface Target {
  /** Decoded. */
  readonly path: string;
  /** The sent text, if the default encoding of `path` differs from it; otherwise empty. */
  readonly rawPath: string;
  readonly query: string;
  /** A lone `?` at the end. */
  readonly forceQuery: boolean;
  /** Of an absolute-form target (RFC 9112 section 3.2.2). */
  readonly host: string | undefined;
}

/** Undefined for a target to which Go, or Traefik's entry point, responds with 400. */
export function parseTarget(target: string): Target | undefined {
  const absolute = /^https?:\/\/([^/?]*)(.*)$/i.exec(target);
  const rest = absolute?.[2] ?? target;
  const question = rest.indexOf('?');
  const sent = question < 0 ? rest : rest.slice(0, question);
  // A raw `#` is not the beginning of a fragment here, and is refused.
  if (!/^(?:\/|$)/.test(sent) || /[\0-\x20\x7f#]/.test(sent)) return undefined;
  const query = question < 0 ? '' : rest.slice(question + 1);
  const forceQuery = question >= 0 && query === '';
  const named = withPath({ path: '', rawPath: '', query, forceQuery, host: absolute?.[1] }, sent);
  return named && sanitize(normalize(named));
}

/** The path as Go writes it into a request. Rules and `encodedCharacters` read this form. */
export function toEscapedPath({ path, rawPath }: Target): string {
  if (rawPath !== '' && isValidEncoding(rawPath) && decode(rawPath) === path) return rawPath;
  return encode(path);
}

/** Path and query that the check and the service receive. */
export function toRequestUri(target: Target): string {
  const path = toEscapedPath(target) || '/';
  return target.query === '' && !target.forceQuery ? path : `${path}?${target.query}`;
}

function withPath(target: Target, sent: string): Target | undefined {
  const path = decode(sent);
  if (path === undefined) return undefined;
  return { ...target, path, rawPath: encode(path) === sent ? '' : sent };
}

/** Unreserved characters are decoded, hexadecimal digits are in upper case (RFC 3986 section 6.2.2). */
function normalize(target: Target): Target {
  const rawPath = target.rawPath.replace(/%[\da-f]{2}/gi, (code) => {
    const character = decode(code) ?? '';
    return /[\w.~-]/.test(character) ? character : code.toUpperCase();
  });
  return { ...target, rawPath };
}

/** Dot segments and empty segments are removed (RFC 3986 section 6.2.2.3); a slash at the end stays. */
function sanitize(target: Target): Target | undefined {
  const path = toEscapedPath(target);
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const end = path.endsWith('/') && kept.length > 0 ? '/' : '';
  return withPath(target, `/${kept.join('/')}${end}`);
}

function decode(text: string): string | undefined {
  if (/%(?![\da-f]{2})/i.test(text)) return undefined;
  return text.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

function encode(path: string): string {
  return path.replace(/[^\w.~$&+,/:;=@-]/g, toCode);
}

const toCode = (byte: string): string => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

function isValidEncoding(path: string): boolean {
  return /^[\w.~$&+,/:;=@!'()*[\]%-]*$/.test(path);
}
