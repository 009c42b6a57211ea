import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A caller's connection that asks for another protocol. */
export interface CallerSocket {
  /** Value of `Upgrade`. */
  readonly protocol: string;
  readonly socket: Duplex;
  /** Bytes that arrived after the head. */
  readonly head: Buffer;
  /** The caller has still to take what was written. */
  onBlocked(): void;
}

/** Passes the upstream's `101` to the caller and joins both connections until either ends. */
export function joinSockets(
  caller: CallerSocket,
  upstream: Duplex,
  headers: readonly string[],
  onData: (bytes: number) => void,
): void {
  let response = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${caller.protocol}\r\n`;
  for (let at = 0; at + 1 < headers.length; at += 2)
    response += `${headers[at] ?? ''}: ${headers[at + 1] ?? ''}\r\n`;
  const { socket } = caller;
  socket.write(`${response}\r\n`, 'latin1');
  if (caller.head.length > 0) upstream.write(caller.head);
  follow(socket, upstream);
  follow(upstream, socket);
  upstream.pipe(socket);
  upstream.on('data', (chunk: Buffer) => {
    onData(chunk.length);
    if (socket.writableNeedDrain) caller.onBlocked();
  });
  upstream.once('close', () => caller.onBlocked());
  socket.pipe(upstream);
}

/**
 * When `side` ends, `other` ends too: after its pending writes, or at once when `side` failed. Neither stays half open: a peer
 * that never closes would hold both indefinitely.
 */
function follow(side: Duplex, other: Duplex): void {
  let failed = false;
  side.on('error', () => (failed = true));
  side.on('end', () => endConnection(other));
  side.on('close', () => {
    if (failed) other.destroy();
    else endConnection(other);
  });
}

/** Sends what is still to be sent, then closes, whether or not the other side does. */
export function endConnection(connection: Duplex): void {
  if ('destroySoon' in connection) (connection as Socket).destroySoon();
  else connection.destroy();
}
