import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Where the bytes that arrive go to. */
export interface Reader {
  /** The buffer to read into from now on; undefined for the one that is in use. */
  buffer(): Buffer | undefined;
  /** Gives false to stop reading until `resume`. */
  onBytes(length: number, buffer: Buffer): boolean;
}

/** Opens connections to one origin. */
export interface Dialer {
  /** @param reader undefined: bytes are read from the socket as from any stream. */
  dial(reader: Reader | undefined, onOpen: () => void): Socket;
}

export function createDialer(origin: string): Dialer {
  const { protocol, hostname, port } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, '');
  const address = { host, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
  /** The last TLS session, taken up by the next connection (RFC 8446 section 2.2). */
  let session: Buffer | undefined;
  const open = (onread: object, onOpen: () => void): Socket => {
    if (protocol === 'http:') return connectTcp({ ...address, ...onread }, onOpen);
    const socket = connectTls(
      {
        ...address,
        ...onread,
        // The server that is configured, whatever the caller's Host says, for SNI and for the check of the certificate.
        ...(isIP(host) === 0 && { servername: host }),
        ...(session !== undefined && { session }),
        ALPNProtocols: ['http/1.1'],
      },
      onOpen,
    );
    return socket.on('session', (fresh: Buffer) => (session = fresh));
  };
  return {
    dial(reader, onOpen) {
      const onread =
        reader === undefined
          ? {}
          : {
              onread: {
                buffer: () => reader.buffer(),
                callback: (length: number, buffer: Buffer) => reader.onBytes(length, buffer),
              },
            };
      return open(onread, onOpen).setNoDelay(true).setKeepAlive(true, tcpKeepAliveMs);
    },
  };
}

/** Milliseconds before the system asks an idle peer whether it is still there. */
const tcpKeepAliveMs = 60_000;
