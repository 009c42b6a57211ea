import type { RequestFacts } from './facts.ts';
import { toCanonicalAddress } from './address.ts';

/**
 * Values of a request header as rules see them, one per field line. Names in any letter case. `Host` is not among the
 * headers, as in Go: the rule for it is `Host`.
 *
 * A caller must not choose its route by forging what a proxy would say: `X-Forwarded-*` and `X-Real-Ip` count as sent
 * only from a peer in `forwardedHeaders.trustedIPs`; otherwise rules see what the gateway itself would set.
 *
 * @param name in lower case.
 */
export function headerValues(facts: RequestFacts, name: string): readonly string[] {
  if (name === 'host') return none;
  if (!isForwarded(name)) return sentValues(facts.rawHeaders, name);
  const sent = facts.trusted ? sentValues(facts.rawHeaders, name) : none;
  return sent.length > 0 ? sent : ownValues(facts, name);
}

const none: readonly string[] = Object.freeze([]);

function sentValues(rawHeaders: readonly string[], name: string): readonly string[] {
  const values: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const written = rawHeaders[at];
    if (written?.length === name.length && written.toLowerCase() === name)
      values.push(rawHeaders[at + 1] ?? '');
  }
  return values;
}

function isForwarded(name: string): boolean {
  return name.startsWith('x-forwarded-') || name === 'x-real-ip';
}

function ownValues(facts: RequestFacts, name: string): readonly string[] {
  switch (name) {
    case 'x-forwarded-proto':
      return [facts.scheme];
    case 'x-forwarded-host':
      return [facts.authority];
    case 'x-forwarded-port':
      return [String(facts.localPort)];
    case 'x-real-ip':
      return [toCanonicalAddress(facts.remoteAddress)];
    default:
      return none;
  }
}
