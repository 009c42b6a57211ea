import type { RequestFacts } from './facts.ts';
import { valuesIn } from '../http1/message/header-list.ts';
import { optionsOfConnection } from '../http1/message/hop-by-hop.ts';
import { ownForwardedValue } from './own-forwarded.ts';

/**
 * Values of a request header as rules and steps see them, one per field line. Names in any letter case. `Host` is not included, as
 * in Go, because it has its own matcher. Neither are `Connection` and the headers that it names, as in Traefik.
 *
 * A caller must not choose its route by forging a proxy's headers: `X-Forwarded-*` and `X-Real-Ip` are used as sent only from a
 * peer in `forwardedHeaders.trustedIPs`; otherwise rules see the values that the gateway itself would set.
 *
 * @param name in lower case.
 */
export function headerValues(facts: RequestFacts, name: string): readonly string[] {
  if (name === 'host' || name === 'connection') return none;
  if (!isForwarded(name)) {
    const values = valuesIn(facts.rawHeaders, name);
    // Hop-by-hop headers: the server does not see them.
    return values.length > 0 && optionsOfConnection(facts.rawHeaders)?.has(name) === true ? none : values;
  }
  const sent = facts.trusted && name !== 'x-forwarded-server' ? valuesIn(facts.rawHeaders, name) : none;
  // An empty value counts as absent.
  if (sent.length > 0 && sent[0] !== '') return sent;
  const proto = facts.trusted ? valuesIn(facts.rawHeaders, 'x-forwarded-proto')[0] : undefined;
  const own = ownForwardedValue(facts, name, proto);
  return own === undefined ? none : [own];
}

const none: readonly string[] = Object.freeze([]);

function isForwarded(name: string): boolean {
  return name.startsWith('x-forwarded-') || name === 'x-real-ip';
}
