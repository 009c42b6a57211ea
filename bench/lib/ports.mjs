import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** A port of 127.0.0.1 on which nothing listens. */
export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

export async function isListening(port) {
  const socket = connect({ port, host: '127.0.0.1' });
  const open = await new Promise((resolve) =>
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false)),
  );
  socket.destroy();
  return open;
}
