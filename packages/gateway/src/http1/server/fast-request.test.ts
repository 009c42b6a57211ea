import { once } from 'node:events';
import { createServer, METHODS, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFastRequest, type FastRequest } from './fast-request.ts';

const limits = { maxHeaderBytes: 65_536, maxHeaderFields: 100 };
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const read = (text: string): FastRequest | undefined => readFastRequest(bytes(text), undefined, limits);

interface Understood {
  readonly method: string | undefined;
  readonly target: string | undefined;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

describe('a request on the fast path', () => {
  let server: Server;
  let told: (understood: Understood | string) => void = () => {};
  beforeAll(async () => {
    server = createServer({ requireHostHeader: false });
    const listen = (request: IncomingMessage): void => {
      const { method, url: target, httpVersion, rawHeaders } = request;
      void request
        .toArray()
        .then((parts: Buffer[]) =>
          told({ method, target, httpVersion, rawHeaders, body: Buffer.concat(parts).toString('latin1') }),
        );
    };
    server.on('request', listen).on('checkContinue', listen);
    server.on('clientError', (error: NodeJS.ErrnoException) => told(error.code ?? error.message));
    server.on('upgrade', () => told('an upgrade'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const readByNode = async (text: string): Promise<Understood | string> => {
    const understood = new Promise<Understood | string>((resolve) => (told = resolve));
    const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
    socket.write(text, 'latin1');
    const result = await understood;
    socket.destroy();
    return result;
  };

  const plainLine = fc.constantFrom(
    'Connection: close',
    'Authorization: Basic YTpi',
    'X-A:  b\t',
    'X-A:',
    'X-Odd: \xff\x80',
  );
  const oddLine = fc.constantFrom(
    'Host: a', 'host: b.example:80', 'Host:', 'Host: a,b', 'HOST : a', 'Content-Length: 3', 'content-length: 0', 'Content-Length: 3\t', 'X: a\t', 'Content-Length: +3',
    'Content-Length: 3, 3', 'Content_Length: 9', 'Transfer-Encoding: chunked', 'transfer-encoding: identity', 'Connection: close',
    'Connection: keep-alive', 'connection: Upgrade', 'Upgrade: h2c', 'Expect: 100-continue', 'Authorization: Basic YTpi', 'X-A:  b\t',
    'X-A:', 'X-Odd: \xff\x80', ' folded', '\tfolded', 'X-Nul: a\0b', 'X-Lf: a\nb', 'X-Cr: a\rb', 'NoColon', ': nameless', 'X A: b', 'X-\xe9: b',
  ); // prettier-ignore
  const request = fc
    .record({
      method: fc.oneof(
        { weight: 5, arbitrary: fc.constantFrom('GET', 'POST') },
        { weight: 1, arbitrary: fc.constantFrom('get', 'PURGE', 'CONNECT', 'TRACE', 'PRI', 'G\0T', 'M-SEARCH') },
      ),
      target: fc.oneof(
        { weight: 3, arbitrary: fc.constant('/a?b=c') },
        {
          weight: 1,
          arbitrary: fc.constantFrom('/', '//', '*', 'http://a/', 'a', '/#b', '/\xe9', '/ b', '/\t', '/"<>\\^`{|}'),
        },
      ),
      version: fc.oneof(
        { weight: 6, arbitrary: fc.constant('HTTP/1.1') },
        { weight: 1, arbitrary: fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'http/1.1', 'HTTP/1.10', 'ICE/1.0') },
      ),
      lines: fc.array(fc.oneof({ weight: 4, arbitrary: plainLine }, { weight: 1, arbitrary: oddLine }), {
        maxLength: 4,
      }),
      body: fc.constantFrom('', '', '', 'abc', 'GET / HTTP/1.1\r\n\r\n', '0\r\n\r\n'),
      end: fc.oneof(
        { weight: 8, arbitrary: fc.constant('\r\n') },
        { weight: 1, arbitrary: fc.constantFrom('\n', '\r', '\r\r\n') },
      ),
      change: fc.option(fc.tuple(fc.nat(120), fc.constantFrom('\0', '\r', '\n', ' ', ':', '\x7f', '\xff', '#', '')), {
        freq: 3,
        nil: undefined,
      }),
    })
    .map(({ method, target, version, lines, body, end, change }) => {
      const text = `${[`${method} ${target} ${version}`, 'Host: api', ...lines].join(end)}${end}${end}${body}`;
      if (change === undefined) return text;
      const [at, put] = change;
      return text.slice(0, at) + put + text.slice(at + 1);
    }); // prettier-ignore

  it('is read by Node.js with the same meaning, whatever it contains', async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(request, async (text) => {
        const ours = read(text);
        // Bytes that have not arrived belong to the body.
        const missing = (ours?.head.bodyBytes ?? 0) - (ours?.body.length ?? 0);
        if (ours === undefined || missing > 100) return;
        taken += 1;
        const rest = 'x'.repeat(missing);
        const isKnown = METHODS.includes(ours.method) && !/[\x80-\xff]/.test(ours.target);
        const expected = {
          method: ours.method,
          target: ours.target,
          httpVersion: ours.httpVersion,
          rawHeaders: ours.head.rawHeaders,
          body: ours.body.toString('latin1') + rest,
        };
        // Node.js refuses other methods, and bytes above ASCII.
        expect(await readByNode(text + rest)).toEqual(
          isKnown ? expected : expect.stringMatching(/^HPE_INVALID_/),
        );
      }),
      { numRuns: 20_000 },
    );
    // The property is about accepted requests, so there must be many of them.
    expect(taken).toBeGreaterThan(500);
  });

  it('reuses the head of the request before it when its lines are the same', () => {
    const first = read('GET /a HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n');
    const again = bytes('POST /b HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n');
    const other = bytes('GET /a HTTP/1.1\r\nHost: a\r\nX: z\r\n\r\n');
    const second = readFastRequest(again, first?.head, limits);
    expect(second).toMatchObject({ method: 'POST', target: '/b', repeats: true });
    expect(second?.head).toBe(first?.head);
    const third = readFastRequest(other, first?.head, limits);
    expect(third).toMatchObject({ repeats: false, head: { rawHeaders: ['Host', 'a', 'X', 'z'] } });
  });
});

describe('the fallback to Node.js handles', () => {
  const plain = 'GET / HTTP/1.1\r\nHost: a\r\n';
  it.each([
    ['a part of a head', 'GET / HTTP/1.1\r\nHo'],
    ['a request and more', `${plain}\r\nGET`],
    ['a body that is not announced', `${plain}\r\nabc`],
    ['two lengths', `${plain}Content-Length: 0\r\nContent-Length: 0\r\n\r\n`],
    ['a length with a sign', `${plain}Content-Length: +0\r\n\r\n`],
    ['a length with a tab after it', `${plain}Content-Length: 0\t\r\n\r\n`],
    ['a length with a space and a tab after it', `${plain}Content-Length: 0 \t\r\n\r\n`],
    ['a transfer coding', `${plain}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['an upgrade', `${plain}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`],
    ['an upgrade without its Connection', `${plain}Upgrade: websocket\r\n\r\n`],
    ['an expectation', `${plain}Expect: 100-continue\r\n\r\n`],
    ['two Connections', `${plain}Connection: close\r\nConnection: close\r\n\r\n`],
    ['names in Connection', `${plain}Connection: close, x-a\r\n\r\n`],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
    ['two Hosts', `${plain}Host: a\r\n\r\n`],
    ['an odd Host', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n'],
    ['HTTP/1.0 that is to go on', 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['an absolute target', 'GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a fragment', 'GET /#a HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['TRACE', 'TRACE / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['an empty line before the request', `\r\n${plain}\r\n`],
    ['a line that ends without CR', 'GET / HTTP/1.1\nHost: a\r\n\r\n'],
    ['a folded line', `${plain}X: a\r\n b\r\n\r\n`],
    ['white space before a colon', `${plain}X : a\r\n\r\n`],
    ['a control character', `${plain}X: a\0\r\n\r\n`],
    ['more lines than are allowed', `${plain}${'a:\r\n'.repeat(100)}\r\n`],
    ['more than is looked at', `${plain}X: ${'a'.repeat(17_000)}\r\n\r\n`],
  ])('%s', (_what, text) => {
    expect(read(text)).toBeUndefined();
  });

  it('a head beyond the limit', () => {
    const text = bytes(`${plain}\r\n`);
    expect(readFastRequest(text, undefined, { ...limits, maxHeaderBytes: text.length })).toBeDefined();
    expect(readFastRequest(text, undefined, { ...limits, maxHeaderBytes: text.length - 1 })).toBeUndefined();
  });
});
