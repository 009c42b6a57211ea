import type { Socket } from 'node:net';
import { toCanonicalAddress } from '../../routing/address.ts';
import type { IsTrusted } from './trusted-peers.ts';

/** What all requests of a connection have in common. */
export interface ConnectionFacts {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly trusted: boolean;
}

/** Worked out once for each connection. */
export type ConnectionFactsOf = (socket: Socket) => ConnectionFacts;

export function createConnectionFacts(isTrusted: IsTrusted): ConnectionFactsOf {
  const connections = new WeakMap<Socket, ConnectionFacts>();
  return (socket) => {
    let known = connections.get(socket);
    if (known === undefined) {
      const remoteAddress = toCanonicalAddress(socket.remoteAddress ?? '');
      known = {
        remoteAddress,
        remotePort: socket.remotePort ?? 0,
        trusted: isTrusted(remoteAddress),
      };
      connections.set(socket, known);
    }
    return known;
  };
}
