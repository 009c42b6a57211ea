import { ServerResponse, type IncomingMessage, type Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

// Parts of Node.js's HTTP server that are in its types, but not in its documentation. Each function has a fallback for a version
// that changes them, in which its tests fail.

/**
 * Removes from a new server its own listeners for connections, which read requests from them.
 *
 * @returns a function that reads requests from a connection, with TLS or without.
 */
export function takeConnections(server: Server): (socket: Socket) => void {
  const listeners = server.listeners('connection');
  server.removeAllListeners('connection');
  return (socket) => {
    for (const listener of listeners) listener.call(server, socket);
  };
}

/** Stops listening but leaves connections open, even idle ones, which `close` of an HTTP server would close. */
export function stopListening(server: Server): void {
  NetServer.prototype.close.call(server);
  if (server.listening) server.close();
}

/** Closes the connection after this response, if the head has not been sent. */
export function endConnectionWith(response: ServerResponse): void {
  const known: { shouldKeepAlive?: boolean } = response;
  if (known.shouldKeepAlive !== undefined) known.shouldKeepAlive = false;
  else if (!response.headersSent) response.setHeader('Connection', 'close');
}

/** Whether its body is written in chunks; true when that is unknown. */
export const isChunked = (response: { readonly chunkedEncoding?: boolean }): boolean =>
  response.chunkedEncoding ?? true;

/** A response on a connection from which Node.js no longer reads requests; undefined when that is impossible. */
export function respondOn(request: IncomingMessage, socket: Socket): ServerResponse | undefined {
  const response = new ServerResponse(request);
  const known: { assignSocket?: (socket: Socket) => void } = response;
  if (known.assignSocket === undefined) return undefined;
  known.assignSocket(socket);
  return response;
}
