import type { Socket } from 'node:net';
import type { RequestActivity } from '../http1/server/activity.ts';

/** Activity of an entry point. */
export interface Activity extends RequestActivity {
  /** Open connections. */
  readonly connections: number;
  /** Idempotent for a connection. */
  connected(socket: Socket): void;
  /** Sets `ending`. Resolves when no connection is open; connections without a further request, and WebSockets, stay open. */
  retire(): Promise<void>;
  /** Resolves when no response is in flight. An established WebSocket does not count: it may stay open indefinitely. */
  drain(): Promise<void>;
  /** Closes every connection at once, including WebSockets and TLS handshakes. */
  end(): void;
}

export function createActivity(): Activity {
  const connections = new Set<Socket>();
  let responses = 0;
  let draining = false;
  let ending = false;
  let whenIdle: (() => void) | undefined;
  let whenEmpty: (() => void) | undefined;
  function onClosed(this: Socket): void {
    connections.delete(this);
    if (connections.size === 0) whenEmpty?.();
  }
  return {
    get draining() {
      return draining;
    },
    get ending() {
      return ending;
    },
    get connections() {
      return connections.size;
    },
    connected(socket) {
      if (connections.has(socket)) return;
      connections.add(socket);
      socket.on('close', onClosed);
    },
    begin() {
      responses += 1;
    },
    finish() {
      responses -= 1;
      if (responses === 0) whenIdle?.();
    },
    retire() {
      ending = true;
      return connections.size === 0 ? Promise.resolve() : new Promise((resolve) => (whenEmpty = resolve));
    },
    drain() {
      draining = true;
      ending = true;
      return responses === 0 ? Promise.resolve() : new Promise((resolve) => (whenIdle = resolve));
    },
    end() {
      for (const socket of connections) socket.destroy();
    },
  };
}
