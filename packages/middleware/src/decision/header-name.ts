/**
 * The form in which header names are compared: lower case, `_` as `-`. Servers behind a gateway (CGI, WSGI, Rack)
 * read `X_Group` and `X-Group` as one name, so a caller must not pass one where the other is protected.
 */
export function normalizeHeaderName(name: string): string {
  const lower = name.toLowerCase();
  return lower.includes('_') ? lower.replaceAll('_', '-') : lower;
}
