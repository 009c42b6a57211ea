/**
 * The form in which header names are compared: lower case, and `-` for every character that is neither a letter nor a
 * digit. Servers behind a gateway map names onto variables (CGI, WSGI, Rack, PSGI): some read `X_Group` as `X-Group`,
 * others `X.Group` and `X~Group` too. A caller's header whose name equals that of a header set by a decision in this form is forged, and
 * never passes.
 */
export function normalizeHeaderName(name: string): string {
  const lower = name.toLowerCase();
  return otherThanAlphanumeric.test(lower) ? lower.replace(eachOther, '-') : lower;
}

/** Whether the name is spelled differently from the standards: `Content_Length`, `X.Forwarded.For`. */
export function isOddlySpelled(name: string): boolean {
  return otherThanAlphanumeric.test(name);
}

/** Except for a hyphen, to which the others are normalised. */
const otherThanAlphanumeric = /[^A-Za-z\d-]/;
const eachOther = /[^a-z\d-]/g;
