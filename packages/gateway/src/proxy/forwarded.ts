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

/**
 * Adds what this hop says about the caller; what a trusted proxy has said already stays.
 *
 * @param isTaken whether a decision sets that header (normalised name): then it is not this hop's.
 */
export function appendForwarded(
  headers: string[],
  facts: RequestFacts,
  said: ReadonlyMap<string, string>,
  isTaken: (normalizedName: string) => boolean,
): void {
  const chain = said.get('x-forwarded-for');
  if (!isTaken('x-forwarded-for'))
    headers.push(
      'X-Forwarded-For',
      chain === undefined ? facts.remoteAddress : `${chain}, ${facts.remoteAddress}`,
    );
  const own = (name: string, normalizedName: string, value: string): void => {
    if (!said.has(normalizedName) && !isTaken(normalizedName)) headers.push(name, value);
  };
  own('X-Forwarded-Proto', 'x-forwarded-proto', facts.scheme);
  own('X-Forwarded-Host', 'x-forwarded-host', facts.authority);
  own('X-Forwarded-Port', 'x-forwarded-port', String(facts.localPort));
  own('X-Real-Ip', 'x-real-ip', facts.remoteAddress);
}
