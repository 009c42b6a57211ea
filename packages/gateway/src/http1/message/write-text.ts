import type { Socket } from 'node:net';

/**
 * Writes a text as Latin-1, bypassing the queue of Node.js's streams while it is empty: usually the system takes the bytes at
 * once, and the queue would only cost time and one more turn of the event loop. Over TLS the queue is always used, because
 * Node.js takes one write at a time there.
 *
 * @param written called once the bytes are with the system or the socket is destroyed, possibly before this returns; or with
 * the reason why they cannot be written.
 */
export function writeText(socket: Socket, text: string, written: (error?: Error | null) => void): void {
  if (socket.writableLength > 0 || 'encrypted' in socket) socket.write(text, 'latin1', written);
  else socket._write(text, 'latin1', written);
}
