import { unlink } from 'node:fs/promises';
import { connect } from 'node:net';

/** Removes a socket that a stopped gateway has left behind; a socket in use stays. */
export async function removeStaleSocket(path: string | undefined): Promise<void> {
  if (path === undefined) return;
  const isStale = await new Promise<boolean>((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error) => resolve('code' in error && error.code === 'ECONNREFUSED'));
  });
  if (isStale) await unlink(path);
}
