/** Name and value of a field, as Latin-1; the name in lower case. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

/** The fields with the indices 1 to 61 (RFC 7541 appendix A). */
export const staticTable: readonly HeaderField[] = Object.freeze(
  [
    ...[':authority', ':method=GET', ':method=POST', ':path=/', ':path=/index.html', ':scheme=http'],
    ...[':scheme=https', ':status=200', ':status=204', ':status=206', ':status=304', ':status=400'],
    ...[':status=404', ':status=500', 'accept-charset', 'accept-encoding=gzip, deflate', 'accept-language'],
    ...['accept-ranges', 'accept', 'access-control-allow-origin', 'age', 'allow', 'authorization'],
    ...['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'content-length'],
    ...['content-location', 'content-range', 'content-type', 'cookie', 'date', 'etag', 'expect', 'expires'],
    ...['from', 'host', 'if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since'],
    ...['last-modified', 'link', 'location', 'max-forwards', 'proxy-authenticate', 'proxy-authorization'],
    ...['range', 'referer', 'refresh', 'retry-after', 'server', 'set-cookie', 'strict-transport-security'],
    ...['transfer-encoding', 'user-agent', 'vary', 'via', 'www-authenticate'],
  ].map((text) => {
    const [name = '', value = ''] = text.split('=');
    return Object.freeze({ name, value });
  }),
);
