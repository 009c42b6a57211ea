import type { RequestFacts } from '../routing/facts.ts';
import { ownForwardedValue } from '../routing/own-forwarded.ts';

/**
 * Adds what this hop says about the caller; what a trusted proxy says stays. Runs for every request with other headers than the last.
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
  const chain = said.get('x-forwarded-for');
  if (!isTaken('x-forwarded-for'))
    headers.push(
      'X-Forwarded-For',
      chain === undefined ? facts.remoteAddress : `${chain.join(', ')}, ${facts.remoteAddress}`,
    );
  const proto = said.get('x-forwarded-proto')?.[0];
  for (let at = 0; at + 1 < ownNames.length; at += 2) {
    const name = ownNames[at] ?? '';
    const normalizedName = ownNames[at + 1] ?? '';
    // This hop's own name, whatever others call themselves.
    if (normalizedName !== 'x-forwarded-server' && said.has(normalizedName)) continue;
    const value = ownForwardedValue(facts, normalizedName, proto);
    if (value !== undefined && !isTaken(normalizedName)) headers.push(name, value);
  }
}

/** Each beside its normalised form. */
const ownNames = [
  'X-Forwarded-Proto',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Real-Ip',
  'X-Forwarded-Server',
].flatMap((name) => [name, name.toLowerCase()]);
