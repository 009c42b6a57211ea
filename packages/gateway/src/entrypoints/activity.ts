import type { Socket } from 'node:net';
import type { Answer } from '../proxy/answer.ts';

/** What is under way on an entry point. */
export interface Activity {
  readonly draining: boolean;
  /** Connections that are open. */
  readonly connections: number;
  /** Calling it again for the same connection changes nothing. */
  connected(socket: Socket): void;
  begin(answer: Answer): void;
  /**
   * From now on the answer to each request is the last of its connection. Resolves when no connection is open; those that
   * bring no request any more, and WebSockets, stay open.
   */
  retire(): Promise<void>;
  /** Resolves when no answer is under way. An established WebSocket is none: it may last for ever. */
  drain(): Promise<void>;
  /** Cuts every connection, WebSockets and TLS handshakes included. */
  end(): void;
}

export function createActivity(): Activity {
  const connections = new Set<Socket>();
  const answers = new Set<Answer>();
  let draining = false;
  let retiring = false;
  let whenIdle: (() => void) | undefined;
  let whenEmpty: (() => void) | undefined;
  return {
    get draining() {
      return draining;
    },
    get connections() {
      return connections.size;
    },
    connected(socket) {
      if (connections.has(socket)) return;
      connections.add(socket);
      socket.once('close', () => {
        connections.delete(socket);
        if (connections.size === 0) whenEmpty?.();
      });
    },
    begin(answer) {
      answers.add(answer);
      if (retiring) answer.last();
      answer.onClose(() => {
        answers.delete(answer);
        if (answers.size === 0) whenIdle?.();
      });
    },
    retire() {
      retiring = true;
      for (const answer of answers) answer.last();
      return connections.size === 0 ? Promise.resolve() : new Promise((resolve) => (whenEmpty = resolve));
    },
    drain() {
      draining = true;
      for (const answer of answers) answer.last();
      return answers.size === 0 ? Promise.resolve() : new Promise((resolve) => (whenIdle = resolve));
    },
    end() {
      for (const socket of connections) socket.destroy();
    },
  };
}
