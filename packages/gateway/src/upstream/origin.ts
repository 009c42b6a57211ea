/** Scheme, host and port of a server's URL. `h2c` is no scheme that the URL standard knows, so `URL.origin` has none. */
export const originOf = (url: URL): string => (url.protocol === 'h2c:' ? `h2c://${url.host}` : url.origin);
