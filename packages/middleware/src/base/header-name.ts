/**
 * The form in which header names are compared: lower case, and `-` for every character that is neither a letter nor a
 * digit. Servers behind a gateway map names onto variables (CGI, WSGI, Rack, PSGI): some read `X_Group` as `X-Group`,
 * others `X.Group` and `X~Group` too. A caller's header whose name equals a decided one in this form is forged, and
 * never passes.
 */
export function normalizeHeaderName(name: string): string {
  const lower = name.toLowerCase();
  return otherThanAlphanumeric.test(lower) ? lower.replace(eachOther, '-') : lower;
}

/** Whether the name stands in another spelling than that of the standards: `Content_Length`, `X.Forwarded.For`. */
export function isOddlySpelled(name: string): boolean {
  return otherThanAlphanumeric.test(name);
}

/** A hyphen apart, which is what stands for the others. */
const otherThanAlphanumeric = /[^A-Za-z\d-]/;
const eachOther = /[^a-z\d-]/g;
