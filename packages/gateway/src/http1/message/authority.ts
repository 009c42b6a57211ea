/** `uri-host [ ":" port ]` of RFC 3986 section 3.2.2, without the comma, which a list of hosts would be read from. */
export const authorityForm = /^(?:\[[\da-f:.]+\]|(?:[\w.~!$&'()*+;=-]|%[\da-f]{2})*)(?::\d{0,5})?$/i;

/** An authority without user name and password, which belong in no log. */
export const withoutUserinfo = (authority: string): string => authority.slice(authority.lastIndexOf('@') + 1);

/** Host without port, brackets and trailing dot, in lower case. */
export function toHostName(authority: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(authority);
  const colon = authority.indexOf(':');
  const name = bracketed?.[1] ?? (colon < 0 ? authority : authority.slice(0, colon));
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase();
}
