import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { inTime } from '../../../packages/testkit/src/until.ts';
import type { WireRequest } from './cases.ts';

/** Outcome of a request: the status of the response, and the request that the service received. */
export interface WireObservation {
  readonly status: number;
  /** Request line, and the relevant headers, sorted; undefined: the service received none. */
  readonly seen: readonly string[] | undefined;
}

/** Headers of requests that a hop changes. */
const watched =
  /^(?:host|te|expect|connection|upgrade|keep-alive|proxy-.*|trailer|forwarded|x-forwarded-.*|x-real-ip|x-named|x-other|transfer-encoding|content-length):/i;

/** A service that returns each request as bytes, and switches protocols on demand. */
export async function startWireService() {
  let seen: readonly string[] | undefined;
  const sockets = new Set<Socket>();
  let url = '';
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const lines = text.slice(0, end).split('\r\n');
      text = '';
      socket.pause();
      seen = toSeen(lines).map((line) => line.replace(url.slice('http://'.length), 'SERVICE'));
      const asked = lines.find((line) => /^upgrade:/i.test(line))?.slice('upgrade:'.length) ?? '';
      socket.end(
        asked === ''
          ? 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
          : `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade:${asked}\r\n\r\n`,
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    take() {
      const last = seen;
      seen = undefined;
      return last;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function toSeen([line = '', ...headers]: readonly string[]): readonly string[] {
  const shown = headers
    .filter((header) => watched.test(header) && !/^connection: (?:keep-alive|close)$/i.test(header))
    .map((header) => header.replace(/^[^:]+/, (name) => name.toLowerCase()).replace(hostname(), 'HOSTNAME'))
    .sort();
  return [line, ...shown];
}

/** Sends a request of a case to a proxy on a port. @param number the number of the case. */
export async function observe(
  port: number,
  number: number,
  { lines: [line = '', ...headers] }: WireRequest,
  service: { take(): WireObservation['seen'] },
): Promise<WireObservation> {
  service.take();
  const host = headers.some((header) => /^host:/i.test(header)) ? [] : ['Host: api.example'];
  const length = headers.find((header) => /^content-length:/i.test(header));
  const body = 'x'.repeat(Number(length?.split(':')[1] ?? 0));
  const text = [line, ...host, ...headers, `X-Case: ${number}`, '', body].join('\r\n');
  const response = await exchange(port, text);
  const port0 = new RegExp(`\\b${port}\\b`, 'g');
  return {
    status: Number(/^HTTP\/1\.\d (?!100)(\d{3})/m.exec(response)?.[1] ?? 0),
    seen: service.take()?.map((header) => header.replace(port0, 'PORT')),
  };
}

/** The head of the final response. */
async function exchange(port: number, text: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  let received = '';
  const head = new Promise<string>((resolve) => {
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (received.replace(/^HTTP\/1\.1 100 [^\r]*\r\n\r\n/, '').includes('\r\n\r\n')) resolve(received);
    });
    socket.on('close', () => resolve(received));
    socket.on('error', () => {});
  });
  socket.write(text, 'latin1');
  try {
    return await inTime(head, () => `a response to ${JSON.stringify(text)}: ${JSON.stringify(received)}`);
  } finally {
    socket.destroy();
  }
}
