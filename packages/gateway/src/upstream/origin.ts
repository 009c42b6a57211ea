/** Scheme, host and port of a server's URL. The URL standard does not define the scheme `h2c`, so `URL.origin` lacks them. */
export const originOf = (url: URL): string => (url.protocol === 'h2c:' ? `h2c://${url.host}` : url.origin);
