import type { Socket } from 'node:net';
import type { Clock } from '@grantgate/middleware/base/clock';
import type { ProxyProtocolConfig } from '../config/entry-point-config.ts';
import { createTrustedPeers } from '../http1/server/trusted-peers.ts';
import type { CallerAddress } from '../http1/server/connection-facts.ts';
import { toCanonicalAddress } from '../routing/address.ts';
import { readFirstBytes } from './first-bytes.ts';
import { readProxyHeader, type ProxyHeader } from './proxy-protocol.ts';

/** Connections of proxies that send the address of their caller. */
export interface ProxiedConnections {
  /**
   * Reads the PROXY header of a new connection and calls `next` with the rest of the connection; closes it if the header is
   * invalid.
   */
  readonly accept: (socket: Socket, next: (socket: Socket) => void) => void;
  /** The caller of a connection, or of the TLS connection on it; undefined: it is the peer. */
  readonly callerOf: (socket: Socket) => CallerAddress | undefined;
}

/** @param limitMs milliseconds until the header must be complete. */
export function createProxiedConnections(
  { trustedIPs, insecure }: ProxyProtocolConfig,
  { clock, limitMs }: { readonly clock: Clock; readonly limitMs: number },
): ProxiedConnections {
  const isTrusted = createTrustedPeers(trustedIPs, insecure);
  // A header is valid only at the beginning of a connection: a request that Node.js returns later must not bring another one.
  const known = new WeakSet<Socket>();
  // By each end: the TLS connection on a socket has the same caller.
  const callers = new Map<string, CallerAddress>();
  return {
    accept(socket, next) {
      if (known.has(socket)) {
        next(socket);
        return;
      }
      known.add(socket);
      const peer = toCanonicalAddress(socket.remoteAddress ?? '');
      const take = (header: Header): void => {
        if (header.kind === 'invalid') {
          socket.destroy();
          return;
        }
        const source = header.kind === 'header' ? header.source : undefined;
        if (source !== undefined && isTrusted(peer)) {
          const key = toKey(socket);
          callers.set(key, { address: toCanonicalAddress(source.address), port: source.port });
          socket.once('close', () => callers.delete(key));
        }
        next(socket);
      };
      readFirstBytes(socket, { clock, limitMs }, readWholeHeader, take, lengthOf);
    },
    callerOf: (socket) => (callers.size === 0 ? undefined : callers.get(toKey(socket))),
  };
}

const toKey = ({ remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;

type Header = Exclude<ProxyHeader, { readonly kind: 'incomplete' }>;

function readWholeHeader(bytes: Buffer): Header | undefined {
  const header = readProxyHeader(bytes);
  return header.kind === 'incomplete' ? undefined : header;
}

const lengthOf = (header: Header): number => (header.kind === 'header' ? header.length : 0);
