import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A caller's connection that requests another protocol. */
export interface CallerSocket {
  /** Value of `Upgrade`. */
  readonly protocol: string;
  readonly socket: Duplex;
  /** Accepts the caller's protocol. @param headers name and value in turn. */
  accept(headers: readonly string[]): void;
  /** Sends the pending bytes, then closes. */
  end(): void;
  /** Closes at once, in a way that the caller can detect. */
  cut(): void;
  /** Bytes have been written to it. */
  written(bytes: number): void;
  /** Bytes that arrived after the head. */
  readonly head: Buffer;
  /** Whether the caller has not yet read all written bytes. */
  onBlocked(): void;
}

/** Sends the upstream's `101` to the caller and joins both connections until either ends. */
export function joinSockets(
  caller: CallerSocket,
  upstream: Duplex,
  headers: readonly string[],
  onData: (bytes: number) => void,
): void {
  const { socket } = caller;
  caller.accept(headers);
  if (caller.head.length > 0) upstream.write(caller.head);
  follow(socket, { end: () => endConnection(upstream), cut: () => void upstream.destroy() });
  follow(upstream, caller);
  upstream.pipe(socket);
  upstream.on('data', (chunk: Buffer) => {
    onData(chunk.length);
    caller.written(chunk.length);
    if (socket.writableNeedDrain) caller.onBlocked();
  });
  upstream.once('close', () => caller.onBlocked());
  socket.pipe(upstream);
}

/**
 * When `side` ends, `other` ends too: after its pending writes, or at once when `side` failed. Neither stays half open, because a
 * peer that never closes would keep both open indefinitely.
 */
function follow(side: Duplex, other: Pick<CallerSocket, 'end' | 'cut'>): void {
  let failed = false;
  side.on('error', () => (failed = true));
  side.on('end', () => other.end());
  side.on('close', () => {
    if (failed) other.cut();
    else other.end();
  });
}

/** The connection of an HTTP/1.1 caller. @param protocol value of `Upgrade`. @param head bytes that arrived after its head. */
export const createCallerSocket = (
  socket: Duplex,
  protocol: string,
  head: Buffer,
  onBlocked: () => void,
): CallerSocket => ({
  protocol,
  socket,
  head,
  onBlocked,
  accept(headers) {
    let response = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n`;
    for (let at = 0; at + 1 < headers.length; at += 2)
      response += `${headers[at] ?? ''}: ${headers[at + 1] ?? ''}\r\n`;
    socket.write(`${response}\r\n`, 'latin1');
  },
  end: () => endConnection(socket),
  cut: () => void socket.destroy(),
  written() {},
});

/** Sends the pending bytes, then closes, whether or not the other side does. */
export function endConnection(connection: Duplex): void {
  if ('destroySoon' in connection) (connection as Socket).destroySoon();
  else connection.destroy();
}
