import type { Socket } from 'node:net';
import { createCheckReplies } from './reply-bounds.ts';
import type { SocketFault } from './watch-socket.ts';

/**
 * Ends a connection whose server sends what `ioredis` cannot be shown, before it sees it. An error that its parser or its handling of
 * a reply throws nevertheless ends the connection, and not the process: it is thrown in the handler of a socket, where nobody catches it.
 */
export function guardReplies(socket: Socket): void {
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
    // What lies in the socket after the end of the connection is nobody's reply.
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
