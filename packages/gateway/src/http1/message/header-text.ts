/** Validated header lines that can be written unchanged. */
export interface HeaderText {
  /** Each line with its CR LF, as Latin-1. */
  readonly lines: string;
  /** Lines at the end of the text that other texts share, as the same object; omitted when there are none. */
  readonly shared?: HeaderText;
}

/**
 * @param headers name and value in turn.
 * @returns undefined when a name or value could end its line, or cannot be written in Latin-1.
 */
export function toHeaderText(headers: readonly string[]): HeaderText | undefined {
  let lines = '';
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const value = headers[at + 1] ?? '';
    if (isNoValue.test(value) || !isToken.test(name)) return undefined;
    lines += `${name}: ${value}\r\n`;
  }
  return { lines };
}

/** RFC 9110 section 5.6.2. */
export const isToken = /^[\w!#$%&'*+.^`|~-]+$/;
const isNoValue = /[^\t\x20-\x7e\x80-\xff]/;
