import type { Socket } from 'node:net';
import { createCheckReplies } from './reply-bounds.ts';
import type { SocketFault } from './watch-socket.ts';

/**
 * Closes a connection whose server sends data that `ioredis` cannot process, before `ioredis` sees it. If its parser or its
 * handling of a reply throws nevertheless, the error closes the connection instead of the process: it is thrown in the handler of
 * a socket, where nothing catches it.
 */
export function limitReplies(socket: Socket): void {
  const check = createCheckReplies();
  const emit = socket.emit.bind(socket) as (event: string | symbol, ...values: unknown[]) => boolean;
  const end = (message: string): boolean => {
    const code: SocketFault = 'MALFORMED_REPLY';
    socket.destroy(Object.assign(new Error(`malformed reply: ${message}`), { code }));
    return true;
  };
  socket.emit = ((event: string | symbol, ...values: unknown[]): boolean => {
    if (event !== 'data') return emit(event, ...values);
    const [chunk] = values;
    // Bytes that remain in the socket after the connection was closed do not belong to any reply.
    if (socket.destroyed || !(chunk instanceof Uint8Array)) return true;
    const fault = check(chunk);
    if (fault !== undefined) return end(fault);
    try {
      return emit(event, chunk);
    } catch {
      return end('it cannot be handled');
    }
  }) as Socket['emit'];
}
