/** Path of the metadata of a protected resource; the path of the resource follows (RFC 9728 section 3.1). */
export const wellKnownPath = '/.well-known/oauth-protected-resource';
