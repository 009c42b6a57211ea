import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface TestServer {
  readonly port: number;
  readonly url: string;
  /** Total number of accepted connections. */
  readonly connections: readonly Socket[];
  close(): Promise<void>;
}

/** An HTTP server on a free port. */
export async function startServer(
  listener: RequestListener,
  prepare: (server: Server) => void = () => {},
): Promise<TestServer> {
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, listener);
  const connections: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    connections.push(socket);
    socket.on('error', () => {});
  });
  prepare(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of connections) socket.destroy();
      }),
  };
}
