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

/** The system's handle of an open socket. */
export type SocketHandle = object;

/** Undefined for TLS, whose handle may report the end of a write after the socket has closed. */
export const handleOf = (socket: Socket): SocketHandle | undefined =>
  'encrypted' in socket ? undefined : ((socket as { _handle?: object | null })._handle ?? undefined);

/**
 * Releases the socket of a closed connection. Until a full collection, the system's handle of its socket is kept alive, and would keep the socket and
 * all that it leads to: then nearly every object of a short connection moves to the old generation.
 * Writes and reads of a plain socket have been reported before it closes.
 */
export function forgetSocket(handle: SocketHandle): void {
  for (const field of Object.getOwnPropertySymbols(handle))
    if (field.description === 'owner_symbol' || field.description === 'handle_onclose')
      Reflect.set(handle, field, undefined);
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
