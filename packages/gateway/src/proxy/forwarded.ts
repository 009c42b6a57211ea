import type { RequestFacts } from '../routing/facts.ts';
import { ownForwardedValue } from '../routing/own-forwarded.ts';

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

/** Written by this hop unless a trusted proxy has written them. */
const ownHeaders = ['X-Forwarded-Proto', 'X-Forwarded-Host', 'X-Forwarded-Port', 'X-Real-Ip'].map(
  (name) => [name, name.toLowerCase()] as const,
);

/**
 * Adds what this hop says about the caller; what a trusted proxy says stays.
 *
 * @param said values that a trusted proxy sent, by normalised name.
 * @param isTaken whether a step sets that header (normalised name): then this hop does not.
 */
export function appendForwarded(
  headers: string[],
  facts: RequestFacts,
  said: ReadonlyMap<string, readonly string[]>,
  isTaken: (normalizedName: string) => boolean,
): void {
  const own = (name: string, normalizedName: string, value: string | undefined): void => {
    if (value !== undefined && !isTaken(normalizedName)) headers.push(name, value);
  };
  own(
    'X-Forwarded-For',
    'x-forwarded-for',
    [...(said.get('x-forwarded-for') ?? []), facts.remoteAddress].join(', '),
  );
  const proto = said.get('x-forwarded-proto')?.[0];
  for (const [name, normalizedName] of ownHeaders)
    if (!said.has(normalizedName)) own(name, normalizedName, ownForwardedValue(facts, normalizedName, proto));
  own('X-Forwarded-Server', 'x-forwarded-server', ownForwardedValue(facts, 'x-forwarded-server', proto));
}
