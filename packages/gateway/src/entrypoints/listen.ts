import type { AddressInfo, Server } from 'node:net';
import type { Clock } from '@grantgate/middleware/base/clock';

/** The gateway cannot listen on an address. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  /** The system's code, such as `EADDRINUSE`; undefined without one. */
  readonly code: string | undefined;

  constructor(cause: Error) {
    super(cause.message, { cause });
    this.code = 'code' in cause ? String(cause.code) : undefined;
  }
}

/**
 * Listens and returns the port; 0 for a Unix socket.
 * @throws ListenError
 */
export function listen(
  server: Server,
  {
    host,
    port,
    socketPath,
  }: { readonly host: string | undefined; readonly port: number; readonly socketPath?: string | undefined },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(new ListenError(error));
    server.once('error', fail);
    const address =
      socketPath === undefined ? { port, ...(host !== undefined && { host }) } : { path: socketPath };
    server.listen(address, () => {
      server.off('error', fail);
      const bound = server.address() as AddressInfo | string;
      resolve(typeof bound === 'string' ? 0 : bound.port);
    });
  });
}

/** Milliseconds between two reports of connections that failed to open. */
const quietMs = 10_000;

/** Reports connections that the system could not open. When file descriptors run out, there may be very many. */
export function reportAcceptErrors(server: Server, clock: Clock, onError: (error: Error) => void): void {
  let quietUntil = -Infinity;
  server.on('error', (error) => {
    const now = clock.monotonic();
    if (now < quietUntil) return;
    quietUntil = now + quietMs;
    onError(error);
  });
}
