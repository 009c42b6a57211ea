/**
 * `uri-host [ ":" port ]` of RFC 3986 section 3.2.2, but without commas, because some readers would split it into several hosts.
 */
export const authorityForm = /^(?:\[[\da-f:.]+\]|(?:[\w.~!$&'()*+;=-]|%[\da-f]{2})*)(?::\d{0,5})?$/i;

/** An authority without user name and password, which must not be logged. */
export const withoutUserinfo = (authority: string): string => authority.slice(authority.lastIndexOf('@') + 1);

/** The host without port, brackets and trailing dot, in lower case. */
export function toHostName(authority: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(authority);
  const colon = authority.indexOf(':');
  const name = bracketed?.[1] ?? (colon < 0 ? authority : authority.slice(0, colon));
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase();
}
