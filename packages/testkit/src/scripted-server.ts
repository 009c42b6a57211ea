import { randomInt } from 'node:crypto';
import type { IncomingHttpHeaders, RequestListener, ServerResponse } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createNetServer } from 'node:net';
import { inTime } from './until.ts';

export interface ReceivedRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: URLSearchParams;
}

export interface ScriptedServer {
  /** A URL to use as token endpoint. */
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** Resolves when that many requests (or connections, of a raw server) have arrived in total. */
  received(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Actions of the server for its first, second, ... request; the last entry serves all further ones. */
export type Script = readonly ((response: ServerResponse, request: ReceivedRequest) => void)[];

/** An HTTP server on a free port that responds to token requests by a script. */
export async function startScriptedServer(...script: Script): Promise<ScriptedServer> {
  const requests: ReceivedRequest[] = [];
  const arrivals = createArrivals();
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      const received = { method, url, headers, body: new URLSearchParams(Buffer.concat(chunks).toString()) };
      const step = script[Math.min(requests.length, script.length - 1)]!;
      requests.push(received);
      step(response, received);
      arrivals.add();
    });
  };
  const server = createHttpServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    requests,
    received: (count) => arrivals.wait(count),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A TCP server on a free port; `onConnection` handles the sockets. */
export async function startRawServer(onConnection: (socket: Socket) => void): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  const arrivals = createArrivals();
  const server = createNetServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    onConnection(socket);
    arrivals.add();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    requests: [],
    received: (count) => arrivals.wait(count),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/**
 * A port on which no process listens. It is not one of those that the system assigns by itself (on Linux from 32768), so it stays
 * closed, or can still be used later, however many connections and listeners other tests open meanwhile. No other test receives it
 * before this process has exited.
 */
export async function findClosedPort(host = '127.0.0.1'): Promise<number> {
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    const port = randomInt(10_000, 32_000);
    if (!(await reserve(port))) continue;
    const server = createNetServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, host, () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
  throw new Error('no port is free');
}

/**
 * Whether this process may have the port: a port may be free although it was given out before, here or in another process. On Linux a
 * socket in the abstract namespace marks it, which disappears with the process; elsewhere only this process is checked.
 */
async function reserve(port: number): Promise<boolean> {
  if (given.has(port)) return false;
  given.add(port);
  if (process.platform !== 'linux') return true;
  const mark = createNetServer().unref();
  return new Promise((resolve) => {
    mark.once('error', () => resolve(false));
    mark.listen(`\0grantgate-test-port-${port}`, () => resolve(true));
  });
}
const given = new Set<number>();

/** Responds with JSON; further headers may override the content type. */
export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/**
 * Responds endlessly. A client that reads 64 MiB is disconnected, so that a test of a client that should stop earlier fails instead
 * of running indefinitely.
 */
export function pour(response: ServerResponse, part: string): void {
  let written = 0;
  const pump = (): void => {
    while (!response.destroyed) {
      if (written > 64 * 1024 * 1024) response.socket?.resetAndDestroy();
      written += part.length;
      if (!response.write(part)) return;
    }
  };
  response.on('drain', pump);
  pump();
}

function createArrivals(): { add(): void; wait(count: number): Promise<void> } {
  let count = 0;
  const waiting = new Set<{ readonly count: number; readonly resolve: () => void }>();
  return {
    add(): void {
      count += 1;
      for (const waiter of waiting) if (count >= waiter.count) waiter.resolve();
    },
    wait: (wanted) =>
      inTime(
        new Promise((resolve) =>
          count >= wanted ? resolve() : void waiting.add({ count: wanted, resolve }),
        ),
        () => `${wanted} arrivals, of which ${count} came`,
      ),
  };
}
