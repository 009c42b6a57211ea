import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  endConnectionWith,
  forgetSocket,
  handleOf,
  isChunked,
  respondOn,
  stopListening,
  takeConnections,
} from './node-internals.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).reverse()) await close();
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

async function open(port: number, text = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  cleanups.push(() => socket.destroy());
  await once(socket, 'connect');
  if (text !== '') socket.write(text);
  return socket;
}

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('the listeners that read requests from connections', () => {
  it('can be taken from a server, and still read requests from a connection', async () => {
    const server = createServer((_request, response) => response.end('served'));
    const read = takeConnections(server);
    const accepted: Socket[] = [];
    server.on('connection', (socket: Socket) => accepted.push(socket));
    const socket = await open(await listen(server), get);
    await expect.poll(() => accepted.length).toBe(1);
    expect(accepted[0]!.bytesRead).toBe(0);
    read(accepted[0]!);
    const [answer] = (await once(socket, 'data')) as [string];
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK[^]*served/);
  });
});

describe('a server that stops listening', () => {
  it('keeps an idle connection, and accepts no new one', async () => {
    const server = createServer((_request, response) => response.end('served'));
    const port = await listen(server);
    const socket = await open(port, get);
    await once(socket, 'data');
    stopListening(server);
    expect(server.listening).toBe(false);
    await expect(open(port)).rejects.toThrow('ECONNREFUSED');
    socket.write(get);
    expect(String(await once(socket, 'data'))).toContain('served');
  });
});

describe('the handle of a closed connection', () => {
  /** Values of the handle that lead to the connection, or may do so. */
  const heldBy = (handle: object): readonly unknown[] =>
    Reflect.ownKeys(handle)
      .map((key) => Reflect.get(handle, key) as unknown)
      .filter((value) => (typeof value === 'object' && value !== null) || typeof value === 'function');

  it('leads to the connection until it is forgotten', async () => {
    const server = createServer();
    const forgotten = new Promise<{ readonly before: number; readonly after: number }>((resolve) => {
      server.removeAllListeners('connection');
      server.on('connection', (accepted: Socket) => {
        const handle = handleOf(accepted)!;
        accepted.on('close', () => {
          const before = heldBy(handle).length;
          forgetSocket(handle);
          resolve({ before, after: heldBy(handle).length });
        });
        // A write that the caller does not read is still pending when the connection is closed.
        accepted.write(Buffer.alloc(64 * 1024 * 1024));
        accepted.destroy();
      });
    });
    await open(await listen(server));
    const { before, after } = await forgotten;
    expect(before).toBeGreaterThan(after);
    expect(after).toBe(0);
  });
});

describe('a response', () => {
  const respond = async (serve: Parameters<typeof createServer>[1]): Promise<string> => {
    const socket = await open(await listen(createServer(serve)), get);
    let text = '';
    socket.on('data', (part) => (text += String(part)));
    await expect.poll(() => text).toMatch(/\r\n\r\n[^]*served/);
    return text;
  };

  it('closes its connection', async () => {
    const text = await respond((_request, response) => {
      endConnectionWith(response);
      response.end('served');
    });
    expect(text).toContain('Connection: close');
  });

  it('closes its connection even if Node.js has no switch for that', async () => {
    const text = await respond((_request, response) => {
      Object.defineProperty(response, 'shouldKeepAlive', { get: () => undefined, set() {} });
      endConnectionWith(response);
      response.writeHead(200, ['Content-Length', '6']).end('served');
    });
    expect(text).toContain('Connection: close');
  });

  it('reports whether its body is in chunks', async () => {
    const known: boolean[] = [];
    await respond((_request, response) => {
      response.write('served');
      known.push(isChunked(response));
      response.end();
    });
    await respond((_request, response) => {
      response.writeHead(200, { 'content-length': 6 });
      response.flushHeaders();
      known.push(isChunked(response));
      response.end('served');
    });
    expect(known).toEqual([true, false]);
    expect(isChunked({})).toBe(true);
  });

  it('is written to a connection that requested another protocol', async () => {
    const server = createServer();
    server.on('upgrade', (request, socket: Socket) => respondOn(request, socket)!.end('served'));
    const upgrade = get.replace('\r\n\r\n', '\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
    const socket = await open(await listen(server), upgrade);
    let text = '';
    socket.on('data', (part) => (text += String(part)));
    await expect.poll(() => text).toMatch(/^HTTP\/1\.1 200 OK[^]*served/);
  });
});
