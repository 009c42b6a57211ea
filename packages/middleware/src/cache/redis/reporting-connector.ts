import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import type { RedisOptions } from 'ioredis';
import type { Ioredis } from './load-ioredis.ts';
import { limitReplies } from './limit-replies.ts';
import { watchSocket } from './watch-socket.ts';

/**
 * Connector for a server, a node of a cluster or a sentinel: connects as `ioredis` does, and reports errors of the socket.
 * When a node refuses a connection or its certificate is not trusted, `ioredis` itself reports only that the connection is closed.
 */
export function reportingConnector(
  { AbstractConnector }: Ioredis,
  report: (error: Error) => void,
): NonNullable<RedisOptions['Connector']> {
  // A class, because `ioredis` calls `new` on it for each connection.
  return class extends AbstractConnector {
    readonly #options: { host?: string; port?: number; tls?: ConnectionOptions };

    // These are `RedisOptions`, although the type of a connector does not declare them.
    constructor(options: unknown) {
      super(500);
      this.#options = options as { host?: string; port?: number; tls?: ConnectionOptions };
    }

    override connect(): ReturnType<InstanceType<typeof AbstractConnector>['connect']> {
      this.connecting = true;
      const { host = 'localhost', port = 6379, tls } = this.#options;
      const socket = tls === undefined ? connectTcp({ host, port }) : connectTls({ host, port, ...tls });
      watchSocket(socket, tls !== undefined, report);
      limitReplies(socket);
      this.stream = socket;
      return Promise.resolve(socket);
    }
  };
}
