import type { Socket } from 'node:net';

/**
 * Writes a text as Latin-1. While the queue of Node.js's stream is empty, it bypasses the queue: usually the system accepts the
 * bytes at once, and the queue would only cost time and one more turn of the event loop. Over TLS the queue is always used, because
 * Node.js accepts one write at a time there. Node.js does not document that `_write` can be called; without it, the queue is used.
 *
 * @param written called once the system has the bytes or the socket is destroyed, possibly before this returns; or with the reason
 * why they cannot be written.
 */
export function writeText(socket: Socket, text: string, written: (error?: Error | null) => void): void {
  if (socket.writableLength > 0 || 'encrypted' in socket || !hasWrite(socket))
    socket.write(text, 'latin1', written);
  else socket._write(text, 'latin1', written);
}

/** Writes bytes in the same way. They must stay as they are until `written` is called. */
export function writeBytes(socket: Socket, bytes: Buffer, written: (error?: Error | null) => void): void {
  if (socket.writableLength > 0 || 'encrypted' in socket || !hasWrite(socket)) socket.write(bytes, written);
  // The name by which Node.js's streams tell bytes from a text.
  else socket._write(bytes, 'buffer' as BufferEncoding, written);
}

const hasWrite = ({ _write: write }: { readonly _write?: unknown }): boolean => typeof write === 'function';

/**
 * Number of written bytes that the system has not accepted, including those that bypassed the queue. Node.js does not document
 * where it counts the latter; in a version without that count, only the queued bytes.
 */
export function pendingBytes(socket: Socket): number {
  const { _handle: handle } = socket as { readonly _handle?: { readonly writeQueueSize?: number } | null };
  return Math.max(socket.writableLength, handle?.writeQueueSize ?? 0);
}
