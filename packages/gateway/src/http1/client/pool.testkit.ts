import { createServer as createNetServer, type AddressInfo, type Socket } from 'node:net';
import { createFakeClock, type FakeClock } from '../../../../testkit/src/fake-clock.ts';
import { createClient } from './client.ts';
import type { ClientLimits } from './limits.ts';
import type { Pool } from './pool.ts';
import type { BodySink, RequestBody } from './request.ts';

const defaults: ClientLimits = {
  connectMs: 30_000,
  headMs: 60_000,
  bodyIdleMs: 10_000,
  idleMs: 4_000,
  maxIdle: Infinity,
  maxHeadBytes: 65_536,
};

export interface Server {
  readonly origin: string;
  readonly sockets: readonly Socket[];
  /** Bytes that a connection has received, as Latin-1. */
  readonly received: (index: number) => string;
}

/** Servers and pools of one test file. */
export interface PoolKit {
  /** A TCP server; `onData` is called for each part that a connection receives, with everything received so far. */
  readonly serve: (onData: (socket: Socket, received: string, index: number) => void) => Promise<Server>;
  readonly open: (
    origin: string,
    limits?: Partial<ClientLimits>,
  ) => { readonly pool: Pool; readonly clock: FakeClock };
  /** Closes everything that was opened, in reverse order. */
  readonly close: () => Promise<void>;
  readonly onClose: (close: () => Promise<unknown>) => void;
}

export function createPoolKit(): PoolKit {
  const cleanups: (() => Promise<unknown>)[] = [];
  return {
    async serve(onData) {
      const { close, ...server } = await startTcpServer(onData);
      cleanups.push(close);
      return server;
    },
    open(origin, limits = {}) {
      const clock = createFakeClock();
      const pool = createClient(clock, { ...defaults, ...limits }).createPool(origin);
      cleanups.push(() => pool.close());
      return { pool, clock };
    },
    onClose: (close) => void cleanups.push(close),
    async close() {
      for (const close of cleanups.splice(0).reverse()) await close();
    },
  };
}

async function startTcpServer(
  onData: (socket: Socket, received: string, index: number) => void,
): Promise<Server & { readonly close: () => Promise<unknown> }> {
  const sockets: Socket[] = [];
  const texts: string[] = [];
  const server = createNetServer({ allowHalfOpen: true }, (socket) => {
    const index = sockets.push(socket) - 1;
    texts[index] = '';
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('data', (part) => {
      texts[index] = texts[index]! + part.toString('latin1');
      onData(socket, texts[index], index);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets,
    received: (index) => texts[index] ?? '',
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(resolve);
      }),
  };
}

export const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
/** Responds to each request that has no body. */
export const answering =
  (answer: string) =>
  (socket: Socket, received: string): void => {
    if (received.endsWith('\r\n\r\n')) socket.write(answer, 'latin1');
  };
export const closedOf = (socket: Socket): Promise<void> =>
  new Promise((resolve) => (socket.destroyed ? resolve() : void socket.once('close', () => resolve())));
/** Aborts a connection; `resetAndDestroy` would end it in an orderly way first. */
export const reset = (socket: Socket): void =>
  void (socket as unknown as { _handle: { reset(done: () => void): number } })._handle.reset(() => {});

/** A body whose parts a test pushes. */
export function createBody(length: number | undefined): RequestBody & {
  readonly started: Promise<BodySink>;

  readonly log: string[];
} {
  const log: string[] = [];
  let start: (sink: BodySink) => void = () => {};
  const started = new Promise<BodySink>((resolve) => (start = resolve));
  return {
    length,
    started,
    log,
    start: (sink) => start(sink),
    resume: () => void log.push('resume'),
    stop: () => void log.push('stop'),
  };
}
