import type { IncomingMessage } from 'node:http';

/** Bytes of a body that nobody wants which are still read, so that the connection can be used again. */
const maxDiscardedBytes = 256 * 1024;

/**
 * Reads what is left of a request that has its response: cut at once, a caller that is still sending might lose the response,
 * and left unread the rest would stand in the way of the next request. Beyond 256 KiB the connection is cut.
 */
export function discardRest(request: IncomingMessage): void {
  if (!request.complete) {
    let left = maxDiscardedBytes;
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) request.socket.destroy();
    });
    // Marks the body as taken: Node.js would otherwise read it to its end, however far that is.
    request.read(0);
  }
  request.resume();
}
