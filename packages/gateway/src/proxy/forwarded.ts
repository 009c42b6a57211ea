import type { RequestFacts } from '../routing/facts.ts';

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

/** Adds what this hop says about the caller; what a trusted proxy has said already stays. */
export function appendForwarded(
  headers: string[],
  facts: RequestFacts,
  said: ReadonlyMap<string, string>,
): void {
  const chain = said.get('x-forwarded-for');
  headers.push(
    'X-Forwarded-For',
    chain === undefined ? facts.remoteAddress : `${chain}, ${facts.remoteAddress}`,
  );
  const own = (name: string, value: string): void => {
    if (!said.has(name.toLowerCase())) headers.push(name, value);
  };
  own('X-Forwarded-Proto', facts.scheme);
  own('X-Forwarded-Host', facts.authority);
  own('X-Forwarded-Port', String(facts.localPort));
  own('X-Real-Ip', facts.remoteAddress);
}
