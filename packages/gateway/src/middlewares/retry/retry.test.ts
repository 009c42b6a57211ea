import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFakeClock } from '../../../../testkit/src/fake-clock.ts';
import { until } from '../../../../testkit/src/until.ts';
import { startServer } from '../../../../testkit/src/http-server.ts';
import { allow, type TestEntryPointOptions } from '../../entrypoints/entry-point.testkit.ts';
import type { Step } from '../step.ts';
import { compileMiddlewares, startGatewayWith, valuesOf } from '../middlewares.testkit.ts';
import { compilePolicy } from './kind.ts';

type ServerBehaviour = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A server that records its requests. */
async function startNotingServer(respond: ServerBehaviour = (_request, response) => void response.end('ok')) {
  const got: string[] = [];
  const server = await startServer((request, response) => {
    let body = '';
    request.setEncoding('latin1').on('data', (part: string) => (body += part));
    request.on('end', () => {
      got.push(`${request.method ?? ''} ${body.length > 20 ? body.length : body}`.trim());
      respond(request, response, body);
    });
  });
  onTestFinished(() => server.close());
  return { url: server.url, got };
}

/** The URL of a port on which no process listens. */
async function findClosedUrl(): Promise<string> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

const start = (options: object, servers: readonly string[], rest: TestEntryPointOptions = {}) =>
  startGatewayWith({ one: { retry: options } }, { ...rest, servers });
const fails =
  (status: number): ServerBehaviour =>
  (_request, response) =>
    void response.writeHead(status).end('down');
const closes: ServerBehaviour = (_request, response) => void response.socket?.destroy();

describe('retry', () => {
  it('sends a request to another server when one is unreachable, with any method and body', async () => {
    const closed = await findClosedUrl();
    const { url, got } = await startNotingServer();
    const { gateway, send } = await start({ attempts: 2 }, [closed, url]);
    const bodies = ['small', 'x'.repeat(200_000)];
    for (const body of [...bodies, ...bodies]) expect((await send('/', [], 'POST', body)).status).toBe(200);
    expect(got).toEqual(['POST small', 'POST 200000', 'POST small', 'POST 200000']);
    await gateway.recorded(4);
    const { records } = gateway;
    expect(records.map(({ retryAttempts }) => retryAttempts).sort()).toEqual([0, 0, 1, 1]);
    expect(
      records.every(({ originFault, serverUrl }) => originFault === undefined && serverUrl === url),
    ).toBe(true);
  });

  it('sends the last outcome to the caller when the attempts are used up', async () => {
    const { gateway, send } = await start({ attempts: 3 }, [await findClosedUrl()]);
    const refused = await send('/');
    expect(refused.status).toBe(502);
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'upstream_refused' });
    expect((await gateway.recorded(1)).retryAttempts).toBe(2);
  });

  it.each([
    ['GET', {}, 200, 2],
    ['PUT', {}, 200, 2],
    ['POST', {}, 502, 1],
    ['PATCH', {}, 502, 1],
    ['POST', { retryNonIdempotentMethod: true }, 200, 2],
    ['GET', { disableRetryOnNetworkError: true, status: ['503'] }, 502, 1],
    ['GET', { disableRetryOnNetworkError: true, status: ['502'] }, 200, 2],
  ])('after a closed connection, %s with %j gets %i', async (method, options, status, requests) => {
    const first = await startNotingServer(closes);
    const second = await startNotingServer();
    const { send } = await start({ attempts: 2, ...options }, [first.url, second.url]);
    expect((await send('/', [], method, method === 'GET' ? '' : 'body')).status).toBe(status);
    expect([...first.got, ...second.got]).toHaveLength(requests);
  });

  it.each([
    ['GET', ['503'], 503, 200],
    ['GET', ['500-599'], 502, 200],
    ['GET', ['429', '500-599'], 429, 200],
    ['GET', ['500-502'], 503, 503],
    ['GET', [], 503, 503],
    ['POST', ['503'], 503, 503],
  ])('%s with status %j: a response of %i becomes %i', async (method, status, first, expected) => {
    const failing = await startNotingServer(fails(first));
    const working = await startNotingServer();
    const { send } = await start({ attempts: 2, status }, [failing.url, working.url]);
    const passage = await send('/', [], method);
    expect(passage).toMatchObject({ status: expected, body: expected === 200 ? 'ok' : 'down' });
    expect(failing.got).toHaveLength(1);
  });

  it('holds a body up to its limit for a server that responds before it has read it', async () => {
    const first = await startServer((_request, response) => {
      response.writeHead(503, { Connection: 'close' }).end();
    });
    onTestFinished(() => first.close());
    const second = await startNotingServer();
    const options = { attempts: 2, status: ['503'], maxRequestBodyBytes: 300_000 };
    const { send } = await start(options, [first.url, second.url]);
    expect((await send('/', [], 'PUT', 'x'.repeat(300_000))).status).toBe(200);
    expect(second.got).toEqual(['PUT 300000']);
  });

  it('streams a body that is larger, and sends it once', async () => {
    const server = await startNotingServer(fails(503));
    const options = { attempts: 3, status: ['503'], maxRequestBodyBytes: 100_000 };
    const { send } = await start(options, [server.url]);
    const chunked = [['Transfer-Encoding', 'chunked']] as const;
    expect((await send('/', [], 'PUT', 'x'.repeat(100_001))).status).toBe(503);
    expect((await send('/', chunked, 'PUT', 'y'.repeat(200_000))).status).toBe(503);
    expect(server.got).toEqual(['PUT 100001', 'PUT 200000']);
    expect((await send('/', chunked, 'PUT', 'y'.repeat(100_000))).status).toBe(503);
    expect(server.got).toHaveLength(5);
  });

  it('tries every server before it tries one twice, even when the caller is bound to one', async () => {
    const servers = await Promise.all([503, 503, 503, 200].map((status) => startNotingServer(fails(status))));
    const sticky = {
      cookieName: 's',
      path: '/',
      domain: undefined,
      secure: false,
      httpOnly: false,
      sameSite: undefined,
      maxAgeSeconds: 0,
    };
    const urls = servers.map(({ url }) => url);
    const { send } = await start({ attempts: 4, status: ['503'] }, urls, { sticky });
    const first = await send('/');
    expect(first.status).toBe(200);
    const [cookie = ''] = valuesOf(first.headers, 'set-cookie');
    expect((await send('/', [['Cookie', cookie.split(';')[0] ?? '']])).status).toBe(200);
    expect(servers.map(({ got }) => got.length)).toEqual([1, 1, 1, 2]);
  });

  it('does not repeat a request once the caller has received part of the response', async () => {
    const server = await startNotingServer((_request, response) => {
      response.writeHead(200, { 'Content-Length': 10 }).write('part');
      setImmediate(() => response.socket?.destroy());
    });
    const { gateway } = await start({ attempts: 3, status: ['500-599'] }, [server.url]);
    await expect(fetch(gateway.origin).then((response) => response.text())).rejects.toThrow('terminated');
    expect(await gateway.recorded(1)).toMatchObject({ status: 200, retryAttempts: 0 });
    expect(server.got).toHaveLength(1);
  });

  it('waits before it sends a request again', async () => {
    const clock = createFakeClock();
    const server = await startNotingServer(fails(503));
    const options = { attempts: 2, initialInterval: '10s', status: ['503'] };
    const { send } = await start(options, [server.url], { clock });
    const begun = clock.now();
    const sent = send('/');
    await until(async () => {
      await clock.advance(100);
      return server.got.length === 2;
    });
    expect(clock.now() - begun).toBeGreaterThanOrEqual(5_000);
    expect((await sent).status).toBe(503);
  });

  it('increases the wait to twice the first one, with jitter, until the time limit', () => {
    const options = {
      ...{ attempts: 5, initialInterval: 100, timeout: 1000, status: [], maxRequestBodyBytes: 0 },
      ...{ disableRetryOnNetworkError: false, retryNonIdempotentMethod: false },
    };
    const waitsWith = (random: number, elapsedMs = 999) =>
      [1, 2, 3, 4, 5].map((attempts) =>
        compilePolicy(
          options,
          () => true,
          () => random,
        ).delayMs({
          ...{ method: 'GET', attempts, elapsedMs, status: 502, sent: false, fault: 'connect_failed' },
        }),
      );
    expect(waitsWith(0.5).map((ms) => ms && Math.round(ms))).toEqual([100, 119, 141, 168, undefined]);
    expect(waitsWith(0)[0]).toBe(50);
    expect(waitsWith(1)[0]).toBe(150);
    expect(waitsWith(1, 1000)[0]).toBeUndefined();
  });

  it('stops when the caller disconnects', async () => {
    const clock = createFakeClock();
    const server = await startNotingServer(fails(503));
    const options = { attempts: 3, initialInterval: '10s', status: ['503'] };
    const { gateway } = await start(options, [server.url], { clock });
    const controller = new AbortController();
    const sent = fetch(gateway.origin, { signal: controller.signal }).catch(() => 'gone');
    await until(() => server.got.length === 1);
    controller.abort();
    expect(await sent).toBe('gone');
    expect((await gateway.recorded(1)).status).toBe(499);
    await clock.advance(60_000);
    expect(server.got).toHaveLength(1);
  });

  it('sends a renewed token, also to the next server', async () => {
    const tokens: (string | undefined)[] = [];
    const note: ServerBehaviour = ({ headers }, response) => {
      tokens.push(headers.authorization);
      if (headers.authorization === 'Bearer old')
        response.writeHead(401, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }).end();
      else if (tokens.length < 3) response.writeHead(503).end();
      else response.end('ok');
    };
    const server = await startNotingServer(note);
    const step: Step = {
      name: 'auth@file',
      onRequest: () => allow({}, undefined, 'old'),
      renew: () => Promise.resolve(allow({}, undefined, 'new')),
    };
    const { gateway, send } = await start({ attempts: 2, status: ['503'] }, [server.url], { steps: [step] });
    expect((await send('/')).status).toBe(200);
    expect(tokens).toEqual(['Bearer old', 'Bearer new', 'Bearer new']);
    expect((await gateway.recorded(1)).retryAttempts).toBe(1);
  });

  it('reports invalid options', () => {
    const { problems } = compileMiddlewares(`
a: { retry: {} }
b: { retry: { attempts: 0 } }
c: { retry: { attempts: 2, status: [5xx] } }
d: { retry: { attempts: 2, disableRetryOnNetworkError: true } }`);
    expect(problems).toEqual([
      expect.stringContaining('a@file.attempts: is required'),
      expect.stringContaining('b@file.attempts: expected number to be >=1'),
      expect.stringContaining('c@file.status[0]: expected a status code or a range such as 500-599'),
      expect.stringContaining('d@file.disableRetryOnNetworkError: no failure would be retried'),
    ]);
  });
});
