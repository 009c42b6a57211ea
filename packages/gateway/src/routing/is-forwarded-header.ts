/**
 * Headers by which proxies tell a server about the caller, in their normalised form. Only a peer in
 * `forwardedHeaders.trustedIPs` may send them; from others they are dropped, `X_Forwarded_For` and the like included.
 */
export function isForwardedHeader(normalizedName: string): boolean {
  return (
    normalizedName.startsWith('x-forwarded-') ||
    normalizedName === 'x-real-ip' ||
    normalizedName === 'forwarded'
  );
}
