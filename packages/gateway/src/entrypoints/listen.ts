import type { AddressInfo, Server } from 'node:net';
import type { Clock } from '@grantgate/middleware/base/clock';

/** An address cannot be listened on. */
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
 * Listens and returns the port.
 * @throws ListenError
 */
export function listen(
  server: Server,
  { host, port }: { readonly host: string | undefined; readonly port: number },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(new ListenError(error));
    server.once('error', fail);
    server.listen({ port, ...(host !== undefined && { host }) }, () => {
      server.off('error', fail);
      resolve((server.address() as AddressInfo).port);
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
