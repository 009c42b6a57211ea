import type { Socket } from 'node:net';

/**
 * Writes a chunk of a body (RFC 9112 section 7.1).
 *
 * @param before text to write before it, as Latin-1.
 * @returns false when the system has not accepted all of it.
 */
export function writeChunk(socket: Socket, part: Buffer, before = ''): boolean {
  socket.cork();
  socket.write(`${before}${part.length.toString(16)}\r\n`, 'latin1');
  socket.write(part);
  const taken = socket.write('\r\n', 'latin1');
  socket.uncork();
  return taken;
}

/** A chunk as text. @param text as Latin-1. */
export const toChunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

/** The last chunk and the trailers, which have been validated: name and value in turn. */
export function toLastChunk(trailers: readonly string[]): string {
  let text = '0\r\n';
  for (let at = 0; at + 1 < trailers.length; at += 2)
    text += `${trailers[at] ?? ''}: ${trailers[at + 1] ?? ''}\r\n`;
  return `${text}\r\n`;
}
