import type { Socket } from 'node:net';

/** Last phase of a connection whose errors are not specific enough; `describeFault` describes it in words. */
export type SocketFault =
  | 'NO_HANDSHAKE'
  | 'CLOSED_IN_HANDSHAKE'
  | 'CLOSED_AFTER_HANDSHAKE'
  | 'CLOSED_WITHOUT_RESPONSE'
  | 'MALFORMED_REPLY';

/**
 * Reports the error of a socket that was just created, once. A connection that is only closed, or only silent, is reported with
 * the phase that it reached: a server without TLS waits for the rest of a handshake indefinitely, one that requires a client
 * certificate says so after the handshake or simply hangs up, and one that speaks TLS hangs up on plain text.
 */
export function watchSocket(socket: Socket, tls: boolean, report: (error: Error) => void): void {
  let connected = false;
  let secure = false;
  let told = false;
  const tell = (error: Error | undefined): void => {
    if (told || error === undefined) return;
    told = true;
    report(error);
  };
  const closed = (): Error | undefined => {
    if (!connected) return undefined;
    if (secure) return toFault('CLOSED_AFTER_HANDSHAKE');
    if (tls) return toFault('CLOSED_IN_HANDSHAKE');
    return socket.bytesRead === 0 ? toFault('CLOSED_WITHOUT_RESPONSE') : undefined;
  };
  socket.once('connect', () => (connected = true));
  socket.once('secureConnect', () => (secure = true));
  // `ioredis` sets the time limit of a connection attempt, and abandons it after this listener.
  socket.once('timeout', () => {
    if (tls && connected && !secure) tell(toFault('NO_HANDSHAKE'));
  });
  socket.once('error', (error: NodeJS.ErrnoException) => {
    const hungUp = error.code === 'ECONNRESET' || error.code === 'EPIPE';
    tell(hungUp ? (closed() ?? error) : error);
  });
  socket.once('close', () => tell(closed()));
}

const toFault = (code: SocketFault): Error => Object.assign(new Error(code), { code });
