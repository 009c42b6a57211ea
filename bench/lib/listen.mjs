import { once } from 'node:events';
import { createServer } from 'node:http';

/** Serves HTTP on a free port, in this process. */
export async function listen(handler, host = '127.0.0.1') {
  const server = createServer(handler).listen(0, host);
  await once(server, 'listening');
  // A connection that its server closes while idle is no fault of what is measured.
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
