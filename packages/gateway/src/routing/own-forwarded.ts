import { hostname } from 'node:os';
import type { RequestFacts } from './facts.ts';

const ownName = hostname();

/**
 * What this hop says about a request's caller in `X-Forwarded-*` and `X-Real-Ip`, as Traefik does; undefined for headers that it does not
 * write.
 *
 * @param name in lower case.
 * @param proto what a trusted proxy says in `X-Forwarded-Proto`; undefined: nothing.
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

/** The port in `Host`, which is the one that the caller knows: behind a port mapping, the listener has another one. */
function toPort({ authority, scheme }: RequestFacts, proto: string | undefined): string {
  const port = /:(\d+)$/.exec(authority)?.[1];
  if (port !== undefined) return port;
  return scheme === 'https' || proto === 'https' || proto === 'wss' ? '443' : '80';
}

function isWebSocketHandshake(rawHeaders: readonly string[]): boolean {
  let asks = false;
  let names = false;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length !== 7 && name.length !== 10) continue;
    const value = rawHeaders[at + 1] ?? '';
    if (name.toLowerCase() === 'upgrade') names ||= value.toLowerCase() === 'websocket';
    else if (name.toLowerCase() === 'connection') asks ||= /(?:^|,)[ \t]*upgrade[ \t]*(?:,|$)/i.test(value);
  }
  return asks && names;
}
