import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { createServer as createHttp2Server } from 'node:http2';
import type { Socket } from 'node:net';
import { createServer as createNetServer } from 'node:net';
import type { Duplex } from 'node:stream';

export type AnyRequest = IncomingMessage | Http2ServerRequest;
export type AnyResponse = ServerResponse | Http2ServerResponse;

export interface Handlers {
  readonly onRequest: (request: AnyRequest, response: AnyResponse) => void;
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** Listens without TLS, for HTTP/1 and for HTTP/2 with prior knowledge (RFC 9113 section 3.3). */
export async function listen(address: string, handlers: Handlers): Promise<{ close(): Promise<void> }> {
  const http1 = createServer(handlers.onRequest);
  http1.on('upgrade', handlers.onUpgrade);
  const http2 = createHttp2Server(handlers.onRequest);
  const sockets = new Set<Socket>();
  const server = createNetServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.once('data', (first: Buffer) => {
      socket.pause();
      socket.unshift(first);
      if (first.toString('latin1').startsWith('PRI')) {
        // It reads the buffered bytes itself.
        http2.emit('connection', socket);
        return;
      }
      http1.emit('connection', socket);
      socket.resume();
    });
  });
  const colon = address.lastIndexOf(':');
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(address.slice(colon + 1)), address.slice(0, colon) || '127.0.0.1', resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
