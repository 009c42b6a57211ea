import type { RequestFacts } from '../routing/facts.ts';
import { ownForwardedValue } from '../routing/own-forwarded.ts';

/**
 * Adds the headers of this hop about the caller; values of a trusted proxy are kept. Runs for every request whose headers differ
 * from the previous one.
 *
 * @param said values that a trusted proxy sent, by normalised name.
 * @param isTaken whether a step sets that header (normalised name); then this hop does not.
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
    // The name of this hop, whatever other hops are called.
    if (normalizedName !== 'x-forwarded-server' && said.has(normalizedName)) continue;
    const value = ownForwardedValue(facts, normalizedName, proto);
    if (value !== undefined && !isTaken(normalizedName)) headers.push(name, value);
  }
}

/** Each name with its normalised form. */
const ownNames = [
  'X-Forwarded-Proto',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Real-Ip',
  'X-Forwarded-Server',
].flatMap((name) => [name, name.toLowerCase()]);
