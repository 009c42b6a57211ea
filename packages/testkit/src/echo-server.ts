import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the upstream received it. */
export interface Echo {
  readonly method: string;
  readonly url: string;
  /** Name and value in turn, as received. */
  readonly rawHeaders: readonly string[];
  readonly bodyBytes: number;
}

export interface EchoServer {
  readonly port: number;
  readonly url: string;
  readonly received: readonly Echo[];
  close(): Promise<void>;
}

/**
 * An upstream on a free port of 127.0.0.1 that responds with the request that it received, as JSON; after an upgrade it sends back
 * every byte.
 */
export async function startEchoServer(): Promise<EchoServer> {
  const received: Echo[] = [];
  const server = createServer((request, response) => {
    void countBody(request).then((bodyBytes) => {
      const echo = {
        method: request.method ?? '',
        url: request.url ?? '',
        rawHeaders: request.rawHeaders,
        bodyBytes,
      };
      received.push(echo);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(echo));
    });
  });
  server.on('upgrade', (request, socket) => {
    const { method = '', url = '', rawHeaders, headers } = request;
    received.push({ method, url, rawHeaders, bodyBytes: 0 });
    socket.on('error', () => socket.destroy());
    // RFC 6455 section 4.2.2; HAProxy checks it.
    const accept = createHash('sha1')
      .update(`${headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    const head = [
      'HTTP/1.1 101 Switching Protocols',
      'Connection: Upgrade',
      `Upgrade: ${headers.upgrade ?? ''}`,
    ];
    socket.write([...head, `Sec-WebSocket-Accept: ${accept}`, '\r\n'].join('\r\n'));
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function countBody(request: IncomingMessage): Promise<number> {
  let bytes = 0;
  for await (const chunk of request) bytes += (chunk as Buffer).length;
  return bytes;
}

/** Values of a header in an echo, in any letter case of its name. */
export function valuesOf({ rawHeaders }: Echo, name: string): readonly string[] {
  const values: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.toLowerCase() === name.toLowerCase()) values.push(rawHeaders[at + 1] ?? '');
  return values;
}
