import { hostname } from 'node:os';
import type { RequestFacts } from './facts.ts';

const ownName = hostname();

/**
 * Values of this hop for a request's `X-Forwarded-*` and `X-Real-Ip`, as in Traefik; undefined for headers that it does not
 * write.
 *
 * @param name in lower case.
 * @param proto the scheme that a trusted proxy sent in `X-Forwarded-Proto`; undefined for none.
 */
export function ownForwardedValue(
  facts: RequestFacts,
  name: string,
  proto: string | undefined,
): string | undefined {
  switch (name) {
    case 'x-forwarded-proto':
      return toProto(facts);
    case 'x-forwarded-host':
      return facts.authority === '' ? undefined : facts.authority;
    case 'x-forwarded-port':
      return toPort(facts, proto);
    case 'x-forwarded-server':
      return ownName;
    case 'x-real-ip':
      return facts.remoteAddress;
    default:
      return undefined;
  }
}

function toProto({ scheme, rawHeaders }: RequestFacts): string {
  if (!isWebSocketHandshake(rawHeaders)) return scheme;
  return scheme === 'https' ? 'wss' : 'ws';
}

/** The port in `Host`, which is the port that the caller uses: behind a port mapping, the listener's port differs. */
function toPort({ authority, scheme }: RequestFacts, proto: string | undefined): string {
  const colon = authority.lastIndexOf(':');
  // Brackets enclose an IPv6 address.
  if (colon >= 0 && colon + 1 < authority.length && !authority.endsWith(']'))
    return authority.slice(colon + 1);
  return scheme === 'https' || proto === 'https' || proto === 'wss' ? '443' : '80';
}

/** Nearly all requests have no `Upgrade`; this check makes them free. */
function isWebSocketHandshake(rawHeaders: readonly string[]): boolean {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 7 && (name[0] === 'U' || name[0] === 'u') && name.toLowerCase() === 'upgrade')
      return rawHeaders[at + 1]?.toLowerCase() === 'websocket' && asksForUpgrade(rawHeaders);
  }
  return false;
}

const asksForUpgrade = (rawHeaders: readonly string[]): boolean =>
  rawHeaders.some(
    (name, at) =>
      at % 2 === 0 &&
      name.toLowerCase() === 'connection' &&
      /(?:^|,)[ \t]*upgrade[ \t]*(?:,|$)/i.test(rawHeaders[at + 1] ?? ''),
  );

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
