import { once } from 'node:events';
import { createServer } from 'node:http';

/** Serves HTTP on a free port, in this process. */
export async function listen(handler, host = '127.0.0.1') {
  const server = createServer(handler).listen(0, host);
  await once(server, 'listening');
  // If the server closes an idle connection, that is no fault of the measured program.
  server.keepAliveTimeout = 0;
  const { port } = server.address();
  return {
    server,
    port,
    url: `http://${host}:${port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
