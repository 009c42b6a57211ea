/** Fields that belong to a connection of HTTP/1.1; a message with one is malformed (RFC 9113 section 8.2.2). */
export const fieldsOfConnection: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** RFC 9113 section 8.2.1: in lower case. */
export const isFieldName = /^[\da-z!#$%&'*+.^_`|~-]+$/;

/** Whether fields may be the trailers of a message (RFC 9113 section 8.1). @param fields name and value in turn. */
export function areTrailers(fields: readonly string[]): boolean {
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = fields[at] ?? '';
    if (fieldsOfConnection.has(name) || !isFieldName.test(name) || isNoFieldValue.test(fields[at + 1] ?? ''))
      return false;
  }
  return true;
}

/** Control characters other than tabs. */
export const isNoFieldValue = /[^\t\x20-\x7e\x80-\xff]/;
