import type { Socket } from 'node:net';
import { toCanonicalAddress } from '../../routing/address.ts';
import type { ConnectionTls } from '../../routing/connection-tls.ts';
import type { PeerPredicate } from './trusted-peers.ts';

/** Properties that all requests of a connection share. */
export interface ConnectionFacts {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly trusted: boolean;
  /** Undefined for a connection without TLS. */
  readonly tls: ConnectionTls | undefined;
}

/** Address and port of a caller. */
export interface CallerAddress {
  readonly address: string;
  readonly port: number;
}

/** Reads them from the socket, or finds them. */
export type ConnectionFactsOf = (socket: Socket) => ConnectionFacts;

/**
 * @param tlsOf properties of a TLS connection; undefined for another.
 * @param callerOf the caller on whose behalf a proxy opened the connection; undefined: the peer is the caller.
 */
export function createReadConnection(
  isTrusted: PeerPredicate,
  tlsOf: (socket: Socket) => ConnectionTls | undefined,
  callerOf: (socket: Socket) => CallerAddress | undefined = () => undefined,
): ConnectionFactsOf {
  return (socket) => {
    const caller = callerOf(socket);
    const remoteAddress = caller?.address ?? toCanonicalAddress(socket.remoteAddress ?? '');
    return {
      remoteAddress,
      remotePort: caller?.port ?? socket.remotePort ?? 0,
      trusted: isTrusted(remoteAddress),
      tls: tlsOf(socket),
    };
  };
}

/** Keeps the facts of each connection, for code that has only its socket. */
export function keepConnectionFacts(read: ConnectionFactsOf): ConnectionFactsOf {
  const connections = new WeakMap<Socket, ConnectionFacts>();
  return (socket) => {
    let known = connections.get(socket);
    if (known === undefined) {
      known = read(socket);
      connections.set(socket, known);
    }
    return known;
  };
}
