/** Maximum number of header lines in a response's head or trailer section; more are refused. */
export const maxHeaderLines = 2000;

/**
 * Reads header lines (RFC 9112 section 5), each of which ends with CR LF, from `at` to the end of `text` into `pairs`: name
 * and value in turn. Folded lines, bare CR or LF, white space before the colon and control characters are refused.
 * @param text bytes as Latin-1.
 * @param lowerCase whether names are returned in lower case; otherwise as received.
 * @returns the reason for refusing them; undefined when they are valid.
 */
export function readHeaderLines(
  text: string,
  at: number,
  pairs: string[],
  lowerCase: boolean,
): string | undefined {
  let position = at;
  let count = 0;
  while (position < text.length) {
    count += 1;
    if (count > maxHeaderLines) return 'too many header lines';
    const nameStart = position;
    while (isTokenCode(text.charCodeAt(position))) position += 1;
    if (position === nameStart || text.charCodeAt(position) !== colon)
      return 'a header line without a valid name';
    const written = text.slice(nameStart, position);
    position += 1;
    while (isBlank(text.charCodeAt(position))) position += 1;
    const valueStart = position;
    while (isValueCode(text.charCodeAt(position))) position += 1;
    if (text.charCodeAt(position) !== cr || text.charCodeAt(position + 1) !== lf)
      return 'a control character in a header value, or a line without CR LF';
    let valueEnd = position;
    while (valueEnd > valueStart && isBlank(text.charCodeAt(valueEnd - 1))) valueEnd -= 1;
    pairs.push(lowerCase ? written.toLowerCase() : written, text.slice(valueStart, valueEnd));
    position += 2;
  }
  return undefined;
}

/** Whether a request has more header lines than that. @param rawHeaders name and value in turn. */
export const hasTooManyFields = (
  rawHeaders: readonly string[],
  { maxHeaderFields }: { readonly maxHeaderFields: number },
): boolean => rawHeaders.length > 2 * maxHeaderFields;

/**
 * Whether a tab follows the number of a Content-Length. It is ordinary white space (RFC 9110 section 5.6.3), but llhttp does
 * not accept such a length.
 * @param lines header lines as Latin-1, each with its CR LF.
 */
export const isLengthTabbed = (lines: string): boolean => tabbedLength.test(lines);

const tabbedLength = /^content-length:[^\r]*\d[^\r]*\t/im;

const cr = 13;
const lf = 10;
const colon = 58;

const isBlank = (code: number): boolean => code === 32 || code === 9;

/** By character code: bit 0 for the characters of a token (RFC 9110 section 5.6.2), bit 1 for those of a field value. */
const kinds = new Uint8Array(256);
for (let code = 0; code < 256; code += 1) {
  if (/[\w!#$%&'*+.^`|~-]/.test(String.fromCharCode(code))) kinds[code] = 1;
  if (code === 9 || (code >= 32 && code !== 127)) kinds[code] = (kinds[code] ?? 0) | 2;
}

// Beyond the end of the text, the code is NaN and its table entry undefined: neither kind.
const isTokenCode = (code: number): boolean => ((kinds[code] ?? 0) & 1) !== 0;
const isValueCode = (code: number): boolean => ((kinds[code] ?? 0) & 2) !== 0;
