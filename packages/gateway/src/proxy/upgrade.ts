import type { Duplex } from 'node:stream';

/** Passes the upstream's `101` to the caller and joins both connections until either ends. */
export function joinSockets(
  caller: { readonly socket: Duplex; readonly head: Buffer },
  upstream: Duplex,
  headers: readonly string[],
  onData: (bytes: number) => void,
): void {
  let answer = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n';
  for (let at = 0; at + 1 < headers.length; at += 2)
    answer += `${headers[at] ?? ''}: ${headers[at + 1] ?? ''}\r\n`;
  const { socket } = caller;
  socket.write(`${answer}\r\n`, 'latin1');
  if (caller.head.length > 0) upstream.write(caller.head);
  const end = (): void => {
    socket.destroy();
    upstream.destroy();
  };
  for (const side of [socket, upstream]) side.on('error', end).on('close', end);
  upstream.on('data', (chunk: Buffer) => onData(chunk.length));
  upstream.pipe(socket);
  socket.pipe(upstream);
}
