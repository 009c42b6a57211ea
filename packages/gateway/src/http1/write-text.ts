import type { Socket } from 'node:net';

/**
 * Writes a text as Latin-1: without the queue of Node.js's streams, as long as nothing waits in it. What most texts meet is a
 * system that takes them at once; then the queue is bookkeeping, and a turn of its own for telling that it is empty again.
 * Over TLS there is always the queue: one write at a time is all that Node.js takes there.
 *
 * @param written told once it is with the system or the socket is destroyed, perhaps before this returns; or why it cannot be
 *   written.
 */
export function writeText(socket: Socket, text: string, written: (error?: Error | null) => void): void {
  if (socket.writableLength > 0 || 'encrypted' in socket) socket.write(text, 'latin1', written);
  else socket._write(text, 'latin1', written);
}
