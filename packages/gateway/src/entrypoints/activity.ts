import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Refuse } from '../pipeline/handle.ts';
import type { Refusal } from '../pipeline/refusals.ts';

/** What is under way on an entry point. */
export interface Activity {
  readonly draining: boolean;
  /** Calling it again for the same connection changes nothing. */
  connected(socket: Socket): void;
  begin(response: ServerResponse): void;
  /** How a response under way is refused when its request turns out to be faulty. */
  setRefuse(response: ServerResponse, refuse: Refuse): void;
  /** The response under way on a connection; undefined for none. */
  find(socket: Duplex): ServerResponse | undefined;
  refuse(response: ServerResponse, refusal: Refusal): void;
  /** Whether a request on that connection has its answer and is still being sent. */
  isLate(socket: Duplex): boolean;
  /**
   * From now on the answer to each request is the last of its connection. Resolves when no connection is open; those that
   * bring no request any more, and WebSockets, stay open.
   */
  retire(): Promise<void>;
  /** Resolves when no response is under way. An established WebSocket is none: it may last for ever. */
  drain(): Promise<void>;
  /** Cuts every connection, WebSockets and TLS handshakes included. */
  end(): void;
}

export function createActivity(): Activity {
  const connections = new Set<Socket>();
  const responses = new Map<ServerResponse, Refuse | undefined>();
  const late = new Set<IncomingMessage>();
  let draining = false;
  let retiring = false;
  let whenIdle: (() => void) | undefined;
  let whenEmpty: (() => void) | undefined;
  return {
    get draining() {
      return draining;
    },
    connected(socket) {
      if (connections.has(socket)) return;
      connections.add(socket);
      socket.once('close', () => {
        connections.delete(socket);
        if (connections.size === 0) whenEmpty?.();
      });
    },
    begin(response) {
      responses.set(response, undefined);
      if (retiring) response.shouldKeepAlive = false;
      response.on('close', () => {
        responses.delete(response);
        const { req: request } = response;
        if (!request.complete && !request.destroyed) {
          late.add(request);
          request.once('close', () => late.delete(request));
        }
        if (responses.size === 0) whenIdle?.();
      });
    },
    setRefuse(response, refuse) {
      if (responses.has(response)) responses.set(response, refuse);
    },
    refuse(response, refusal) {
      responses.get(response)?.(refusal);
    },
    find(socket) {
      for (const response of responses.keys()) if (response.socket === socket) return response;
      return undefined;
    },
    isLate(socket) {
      for (const request of late) if (request.socket === socket) return true;
      return false;
    },
    retire() {
      retiring = true;
      for (const response of responses.keys()) response.shouldKeepAlive = false;
      return connections.size === 0 ? Promise.resolve() : new Promise((resolve) => (whenEmpty = resolve));
    },
    drain() {
      draining = true;
      for (const response of responses.keys()) response.shouldKeepAlive = false;
      return responses.size === 0 ? Promise.resolve() : new Promise((resolve) => (whenIdle = resolve));
    },
    end() {
      for (const socket of connections) socket.destroy();
    },
  };
}
