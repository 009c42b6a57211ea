import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { openHttp2, readHttp2, type Http2Client } from '../../../../testkit/src/http2-client.ts';
import { startServer } from '../../../../testkit/src/http-server.ts';
import { openRaw } from '../../../../testkit/src/raw-connection.ts';
import { createTestAuthority } from '../../../../testkit/src/certificates.ts';
import {
  allow,
  deny,
  startEntryPoint,
  type TestEntryPoint,
  type TestEntryPointOptions,
} from '../../entrypoints/entry-point.testkit.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).reverse()) await close();
});

async function start(
  listener: RequestListener,
  options: TestEntryPointOptions = {},
): Promise<{ gateway: TestEntryPoint; client: Http2Client }> {
  const upstream = await startServer(listener);
  cleanups.push(() => upstream.close());
  const gateway = await startEntryPoint({ servers: [upstream.url], ...options });
  cleanups.push(() => gateway.close());
  const client = await openHttp2(gateway.origin);
  cleanups.push(() => client.close());
  return { gateway, client };
}

const text = async (request: IncomingMessage): Promise<string> =>
  Buffer.concat(await request.toArray()).toString();

describe('a request with HTTP/2', () => {
  test('reaches a server as HTTP/1.1, and its response comes back', async () => {
    const seen: IncomingMessage[] = [];
    const { gateway, client } = await start((request, response) => {
      seen.push(request);
      response.writeHead(201, { 'x-own': 'yes', 'set-cookie': ['a=1', 'b=2'], connection: 'keep-alive' });
      response.end('hello');
    });
    const response = await client.send({ ':path': '/a?b=c', ':authority': 'api.example', 'x-mine': 'ü' });
    expect(response).toMatchObject({ status: 201, body: 'hello', rstCode: 0 });
    expect(response.headers).toMatchObject({ 'x-own': 'yes', 'set-cookie': ['a=1', 'b=2'] });
    expect(response.headers).not.toHaveProperty('connection');
    expect(seen[0]).toMatchObject({ method: 'GET', url: '/a?b=c' });
    expect(seen[0]?.headers).toMatchObject({
      host: 'api.example',
      'x-mine': 'ü',
      'x-forwarded-proto': 'http',
    });
    expect(seen[0]?.headers).not.toHaveProperty('transfer-encoding');
    const record = await gateway.recorded(1);
    expect(record).toMatchObject({ httpVersion: '2.0', status: 201, originBytes: 5, downstreamBytes: 5 });
    expect(gateway.leases()).toBe(0);
  });

  test.each([
    ['with a length', { 'content-length': '11' }, 'content-length', '11'],
    ['without one', {}, 'content-length', '11'],
  ])('passes a short body %s', async (_, headers, name, value) => {
    const { gateway, client } = await start((request, response) => {
      void text(request).then((body) => response.end(`${body} ${String(request.headers[name])}`));
    });
    const response = await client.send({ ':method': 'POST', ...headers }, 'hello world');
    expect(response).toMatchObject({ status: 200, body: `hello world ${value}` });
    expect(await gateway.recorded(1)).toMatchObject({ requestBytes: 11 });
  });

  test('passes a body without a length on in chunks', async () => {
    const { client } = await start((request, response) => {
      void text(request).then((body) =>
        response.end(`${body.length} ${String(request.headers['transfer-encoding'])}`),
      );
    });
    const response = await client.send({ ':method': 'POST' }, 'a'.repeat(200_000));
    expect(response).toMatchObject({ status: 200, body: '200000 chunked' });
  });

  test('passes the end of an empty body on that came before the server took it', async () => {
    const { client } = await start((request, response) => {
      void text(request).then((body) => response.end(`empty${body}`));
    });
    // Both frames arrive together, and the connection to the server opens later.
    const response = await client.send({ ':method': 'POST' }, '');
    expect(response).toMatchObject({ status: 200, body: 'empty' });
  });

  test('joins cookies that were split for compression', async () => {
    const { client } = await start((request, response) => response.end(request.headers.cookie));
    const response = await client.send({ cookie: ['a=1', 'b=2', 'c=3'] });
    expect(response.body).toBe('a=1; b=2; c=3');
  });

  test('runs beside others on its connection', async () => {
    const waiting: (() => void)[] = [];
    const { client } = await start((request, response) => {
      if (request.url === '/slow') waiting.push(() => response.end('slow'));
      else response.end('fast');
    });
    const slow = client.send({ ':path': '/slow' });
    expect(await client.send({ ':path': '/fast' })).toMatchObject({ body: 'fast' });
    for (const finish of waiting) finish();
    expect(await slow).toMatchObject({ body: 'slow' });
  });

  test('is authorized by the steps of its route, or refused by them', async () => {
    const { client, gateway } = await start(
      (request, response) => response.end(request.headers.authorization),
      {
        steps: [({ facts }) => (facts.authorization === 'Basic eDp5' ? allow() : deny())],
      },
    );
    expect(await client.send({ authorization: 'Basic eDp5' })).toMatchObject({ body: 'Bearer issued-token' });
    const refused = await client.send();
    expect(refused).toMatchObject({ status: 401, headers: { 'content-type': 'application/problem+json' } });
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'credentials_missing' });
    expect(await gateway.recorded(2)).toMatchObject({
      status: 401,
      refusal: { code: 'credentials_missing' },
    });
  });

  test('gets the response to HEAD without a body', async () => {
    const { client } = await start((_request, response) => response.end('hello'));
    expect(await client.send({ ':method': 'HEAD' })).toMatchObject({ status: 200, body: '', rstCode: 0 });
  });

  test('gets an event stream as it comes, and ends it for the server when it is cancelled', async () => {
    const { client, gateway } = await start((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      response.write('data: 1\n\n');
    });
    const stream = client.open({}, true);
    await once(stream, 'response');
    const [part] = (await once(stream, 'data')) as [Buffer];
    expect(part.toString()).toBe('data: 1\n\n');
    stream.close(8);
    expect(await gateway.recorded(1)).toMatchObject({ status: 200, originBytes: 9 });
  });

  test('is answered before its body is complete, which is then not read any more', async () => {
    const { client } = await start((_request, response) => response.writeHead(403).end('no'));
    const stream = client.open({ ':method': 'POST' });
    const response = readHttp2(stream);
    stream.write('some of it');
    expect(await response).toMatchObject({ status: 403, body: 'no', rstCode: 0 });
    expect(await client.send()).toMatchObject({ status: 403 });
  });

  test('asks for 100 Continue before its body', async () => {
    const { client } = await start((request, response) => {
      void text(request).then((body) => response.end(body));
    });
    const stream = client.open({ ':method': 'POST', expect: '100-continue' });
    const response = readHttp2(stream);
    await once(stream, 'continue');
    stream.end('now');
    expect(await response).toMatchObject({ status: 200, body: 'now' });
  });

  test('gets early hints', async () => {
    const { client } = await start((_request, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.end();
    });
    const stream = client.open({}, true);
    const hints: unknown[] = [];
    stream.on('headers', (headers) => hints.push(headers));
    expect(await readHttp2(stream)).toMatchObject({ status: 200 });
    expect(hints).toMatchObject([{ ':status': 103, link: '</a.css>; rel=preload' }]);
  });

  test('gets the end of its stream when the server breaks off its response', async () => {
    const { client } = await start((_request, response) => {
      response.write('some of it');
      setImmediate(() => response.destroy());
    });
    expect(await client.send()).toMatchObject({ status: 200, rstCode: 2 });
  });
});

describe('an entry point', () => {
  test('serves HTTP/1.1 and HTTP/2 with prior knowledge on one port', async () => {
    const { gateway, client } = await start((request, response) => response.end(request.url));
    const raw = await openRaw(gateway.port, 'GET /one HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await raw.closed()).toMatch(/\/one$/);
    expect(await client.send({ ':path': '/two' })).toMatchObject({ body: '/two' });
  });

  test('ignores Upgrade: h2c', async () => {
    const { gateway } = await start((request, response) => response.end(request.url));
    const raw = await openRaw(
      gateway.port,
      'GET /one HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n',
    );
    expect(await raw.until(/\/one$/)).toMatch(/^HTTP\/1.1 200 /);
  });

  test('chooses the protocol by ALPN with TLS', async () => {
    const authority = createTestAuthority();
    const { gateway } = await start(
      (request, response) => response.end(request.headers['x-forwarded-proto']),
      {
        certificates: [authority.issue('default', ['localhost'])],
      },
    );
    const client = await openHttp2(`https://localhost:${gateway.port}`, { ca: authority.cert });
    cleanups.push(() => client.close());
    expect(await client.send()).toMatchObject({ status: 200, body: 'https' });
    expect(client.session.alpnProtocol).toBe('h2');
    expect(await gateway.recorded(1)).toMatchObject({ facts: { tls: { version: '1.3' } } });
  });

  test('ends connections with GOAWAY when it drains, after the responses in flight', async () => {
    let finish = (): void => {};
    const { gateway, client } = await start((_request, response) => {
      response.write('a');
      finish = () => response.end('b');
    });
    const stream = client.open({}, true);
    const response = readHttp2(stream);
    await once(stream, 'data');
    const goaway = once(client.session, 'goaway');
    const drained = gateway.entryPoint.drain();
    expect((await goaway)[0]).toBe(0);
    finish();
    expect(await response).toMatchObject({ status: 200, body: 'ab', rstCode: 0 });
    await drained;
  });
});
