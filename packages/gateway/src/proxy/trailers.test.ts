import type { IncomingMessage, RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createDeferred } from '../../../testkit/src/deferred.ts';
import { startServer } from '../../../testkit/src/http-server.ts';
import { openRaw } from '../../../testkit/src/raw-connection.ts';
import { allow, startEntryPoint, type TestEntryPoint } from '../entrypoints/entry-point.testkit.ts';
import { toAnnouncement, toCallerTrailers, toServerTrailers } from './trailers.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).reverse()) await close();
});

async function start(listener: RequestListener): Promise<TestEntryPoint> {
  const upstream = await startServer(listener);
  cleanups.push(() => upstream.close());
  const gateway = await startEntryPoint({
    servers: [upstream.url],
    steps: [() => allow({ group: 'admin' }, undefined, 'token')],
  });
  cleanups.push(() => gateway.close());
  return gateway;
}

async function exchange(gateway: TestEntryPoint, bytes: string, until: RegExp): Promise<string> {
  const connection = await openRaw(gateway.port, bytes);
  const text = await connection.until(until);
  connection.socket.destroy();
  return text;
}

describe('trailers of a request', () => {
  it('reach the server, except those that forge headers of the gateway', async () => {
    const arrived = createDeferred<IncomingMessage>();
    const gateway = await start((request, response) => {
      request.resume().on('end', () => {
        arrived.resolve(request);
        response.end('reached');
      });
    });
    const trailers = [
      ...['X-Sum: 42', 'x-sum: 43', 'Content-Digest: sha-256=:YQ==:', 'X-Caf: caf\xe9'],
      ...['Group: root', 'gr.oup: x', 'Authorization: Basic YTpi', 'Authorizat_ion: y', 'Host: evil', 'X_Forwarded_For: ::1'],
      ...['Cookie: a=b', 'Content-Type: text/evil', 'Proxy_Authorization: x', 'If-Match: *', 'TE: trailers', 'Trailer: X'],
    ]; // prettier-ignore
    await exchange(
      gateway,
      `POST / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nTrailer: X-Sum, Group, Host\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n${trailers.join('\r\n')}\r\n\r\n`,
      /reached/,
    );
    const { headers, rawTrailers } = await arrived.promise;
    expect(rawTrailers).toEqual([
      ...['x-sum', '42', 'x-sum', '43', 'content-digest', 'sha-256=:YQ==:', 'x-caf', 'caf\xe9', 'gr.oup', 'x'],
      ...['authorizat_ion', 'y'],
    ]); // prettier-ignore
    expect(headers).toMatchObject({
      te: 'trailers',
      trailer: 'X-Sum',
      group: 'admin',
      authorization: 'Bearer token',
    });
  });

  it('are dropped where a body has an announced length', async () => {
    const arrived = createDeferred<IncomingMessage>();
    const gateway = await start((request, response) => {
      arrived.resolve(request);
      response.end('reached');
    });
    await exchange(
      gateway,
      'POST / HTTP/1.1\r\nHost: a\r\nTrailer: X-Sum\r\nContent-Length: 3\r\n\r\nabc',
      /reached/,
    );
    expect((await arrived.promise).headers.trailer).toBeUndefined();
  });
});

describe('trailers of a response', () => {
  const respond: RequestListener = (_request, response) => {
    response.writeHead(200, { trailer: 'X-Sum, Content-Length' });
    response.write('body');
    response.addTrailers({
      'X-Sum': '42',
      'Set-Cookie': 'a=b',
      'WWW-Authenticate': 'Basic',
      'grpc-status': '0',
    });
    response.end();
  };

  it.each([
    ['on the fast path', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['to the fallback', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ])('reach a caller, announced: %s', async (_, request) => {
    const text = await exchange(await start(respond), request, /\r\n0\r\n[^]*\r\n\r\n$/);
    expect(text).toMatch(
      /\r\ntrailer: X-Sum\r\n[^]*\r\n\r\n4\r\nbody\r\n0\r\nx-sum: 42\r\ngrpc-status: 0\r\n\r\n$/,
    );
  });

  it('are omitted for a caller that does not support chunks', async () => {
    const text = await exchange(
      await start(respond),
      'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
      /body$/,
    );
    expect(text).not.toMatch(/x-sum/i);
  });
});

describe('the names of trailers', () => {
  const pass = { allowed: true, setHeaders: [], removeHeaders: new Set(['group', 'authorization']) } as const;

  it.each(['Group', 'group', 'GR-OUP'])('%s is compared as servers read it', (name) => {
    expect(toServerTrailers([name, 'x'], [pass])).toEqual(name === 'GR-OUP' ? ['gr-oup', 'x'] : []);
  });

  it.each([
    ...['content-length', 'Content_Length', 'Transfer-Encoding', 'transfer.encoding', 'host', 'Connection', 'trailer'],
    ...['authorization', 'set_cookie', 'x-forwarded-proto', 'X_Real_Ip', 'forwarded', 'content-encoding', 'if-none-match'],
    ...['content_digest', 'x-request-id', 'access-control-allow-origin', 'location', 'cache-control'],
  ])('%s never passes', (name) => {
    expect(toServerTrailers([name, 'x'], [])).toEqual([]);
    expect(toCallerTrailers([name, 'x'])).toEqual([]);
    expect(toAnnouncement(`${name}, ${name}`, [])).toBeUndefined();
  }); // prettier-ignore
});
