/**
 * Headers in which proxies tell a server about the caller, in their normalised form. They are accepted only from a peer in
 * `forwardedHeaders.trustedIPs`; from others they are dropped, spellings such as `X_Forwarded_For` included.
 */
export function isForwardedHeader(normalizedName: string): boolean {
  return (
    normalizedName.startsWith('x-forwarded-') ||
    normalizedName === 'x-real-ip' ||
    normalizedName === 'forwarded'
  );
}
