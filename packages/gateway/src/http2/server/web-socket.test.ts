import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { ClientHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { createDeferred } from '../../../../testkit/src/deferred.ts';
import { openHttp2, readHttp2, type Http2Client } from '../../../../testkit/src/http2-client.ts';
import { startServer } from '../../../../testkit/src/http-server.ts';
import {
  allow,
  deny,
  startEntryPoint,
  type OnRequest,
  type TestEntryPoint,
} from '../../entrypoints/entry-point.testkit.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).reverse()) await close();
});

interface ServerSocket {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
}

/** A server that takes every handshake. @param toAccept the value that proves that it has read the key. */
async function start(
  steps: readonly OnRequest[] = [],
  toAccept: (key: string) => string = (key) =>
    createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64'),
): Promise<{ gateway: TestEntryPoint; client: Http2Client; upgraded: Promise<ServerSocket> }> {
  const upgraded = createDeferred<ServerSocket>();
  const upstream = await startServer(
    (_request, response) => response.end('plain'),
    (server) =>
      server.on('upgrade', (request, socket) => {
        socket.on('error', () => {});
        if (request.url === '/refused') {
          socket.end('HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno');
          return;
        }
        const accept = toAccept(String(request.headers['sec-websocket-key']));
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: chat\r\n\r\n`,
        );
        upgraded.resolve({ request, socket });
      }),
  );
  cleanups.push(() => upstream.close());
  const gateway = await startEntryPoint({ servers: [upstream.url], steps });
  cleanups.push(() => gateway.close());
  const client = await openHttp2(gateway.origin);
  cleanups.push(() => client.close());
  return { gateway, client, upgraded: upgraded.promise };
}

const connect = (client: Http2Client, path = '/ws?a=b'): ClientHttp2Stream =>
  client.open({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'http',
    ':path': path,
    ':authority': 'api.example',
    'sec-websocket-version': '13',
    'sec-websocket-protocol': 'chat',
  });

describe('a WebSocket over HTTP/2', () => {
  test('reaches a server as a handshake of HTTP/1.1, and bytes pass in both directions', async () => {
    const { client, gateway, upgraded } = await start([() => allow({ 'x-user': 'ada' })]);
    expect(client.session.remoteSettings.enableConnectProtocol).toBe(true);
    const stream = connect(client);
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(headers).toMatchObject({ ':status': 200, 'sec-websocket-protocol': 'chat' });
    expect(headers).not.toHaveProperty('sec-websocket-accept');
    const { request, socket } = await upgraded;
    expect(request).toMatchObject({ method: 'GET', url: '/ws?a=b' });
    expect(request.headers).toMatchObject({
      host: 'api.example',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'x-user': 'ada',
    });
    stream.write('ping');
    expect(String((await once(socket, 'data'))[0])).toBe('ping');
    socket.write('pong');
    expect(String((await once(stream, 'data'))[0])).toBe('pong');
    const closed = once(stream, 'close');
    socket.end('bye');
    expect(String((await once(stream, 'data'))[0])).toBe('bye');
    stream.end();
    await closed;
    expect(await gateway.recorded(1)).toMatchObject({ status: 101, httpVersion: '2.0', originBytes: 7 });
    expect(gateway.leases()).toBe(0);
  });

  test('ends for the server when the caller ends its stream', async () => {
    const { client, upgraded } = await start();
    const stream = connect(client);
    await once(stream, 'response');
    const { socket } = await upgraded;
    const ended = once(socket.resume(), 'end');
    stream.end();
    await ended;
    expect(socket.readableEnded).toBe(true);
  });

  test('gets the response of a server that refuses it', async () => {
    const { client } = await start();
    const stream = connect(client, '/refused');
    expect(await readHttp2(stream)).toMatchObject({ status: 426, body: 'no' });
  });

  test('is refused by a step of its route', async () => {
    const { client } = await start([() => deny()]);
    expect(await readHttp2(connect(client))).toMatchObject({ status: 401 });
  });

  test('is cut when the server did not read its handshake', async () => {
    const { client } = await start([], () => 'bm90IGl0');
    expect(await readHttp2(connect(client))).toMatchObject({ status: 0, rstCode: 2 });
  });

  test('does not keep the gateway from shutting down', async () => {
    const { client, gateway, upgraded } = await start();
    const stream = connect(client);
    await once(stream, 'response');
    await upgraded;
    const closed = once(stream, 'close');
    await gateway.entryPoint.drain();
    await closed;
    expect(gateway.entryPoint.connections()).toBe(0);
  });
});
