import type { RequestListener } from 'node:http';
import { onTestFinished, describe, expect, it } from 'vitest';
import { startServer } from '../../../../testkit/src/http-server.ts';
import { allow, deny, type OnRequest } from '../../entrypoints/entry-point.testkit.ts';
import { openRaw } from '../../../../testkit/src/raw-connection.ts';
import { compileMiddlewares, startGatewayWith, valuesOf } from '../middlewares.testkit.ts';

const query = '/page?status={status}&original={originalStatus}&url={url}';

interface Setting {
  readonly options?: object;
  /** Of the server of the route. Default: 404 with a body. */
  readonly respond?: RequestListener;
  /** Of the service of the pages. Default: shows the request that it received. */
  readonly page?: RequestListener;
  readonly steps?: readonly OnRequest[];
  /** Outside `errors`. */
  readonly outer?: object;
}

/** A gateway with `errors`; the requests that the service of the pages received, as `METHOD TARGET` and headers. */
async function start({ options, respond, page, steps = [], outer = {} }: Setting = {}) {
  const asked: { readonly line: string; readonly headers: readonly string[] }[] = [];
  const pages = await startServer((request, response) => {
    asked.push({ line: `${request.method} ${request.url}`, headers: request.rawHeaders });
    if (page !== undefined) page(request, response);
    else response.setHeader('Content-Type', 'text/html').end(`<h1>${request.url}</h1>`);
  });
  onTestFinished(() => pages.close());
  const gateway = await startGatewayWith(
    { ...outer, e: { errors: { status: ['400-599'], service: 'pages', query, ...options } } },
    {
      respond: respond ?? ((_request, response) => ((response.statusCode = 404), response.end('original'))),
      services: { 'pages@file': pages.url },
      steps,
    },
  );
  return { ...gateway, asked, closePages: () => pages.close() };
}

const endWith =
  (status: number, body = 'original'): RequestListener =>
  (_request, response) => {
    response.statusCode = status;
    response.setHeader('X-Original', '1');
    response.end(body);
  };

describe('errors', () => {
  it('replaces a response by the page of a service and keeps its status', async () => {
    const { send, asked, gateway } = await start();
    const { status, headers, body } = await send('/a%20b?x=1&y=(2)', []);
    expect(status).toBe(404);
    expect(body).toBe(
      '<h1>/page?status=404&original=404&url=http%3A%2F%2Fapi.example%2Fa%2520b%3Fx%3D1%26y%3D%282%29</h1>',
    );
    expect(valuesOf(headers, 'content-type')).toEqual(['text/html']);
    expect(valuesOf(headers, 'content-length')).toEqual([String(body.length)]);
    expect(asked).toHaveLength(1);
    expect(await gateway.recorded(1)).toMatchObject({
      status: 404,
      originStatus: 404,
      originBytes: 'original'.length,
      downstreamBytes: body.length,
    });
  });

  it.each<[status: number, ranges: readonly unknown[], isReplaced: boolean]>([
    [404, ['404'], true],
    [404, [404], true],
    [403, ['404', '500-599'], false],
    [500, ['404', '500-599'], true],
    [599, ['500-599'], true],
    [200, ['200'], true],
    [503, [], false],
  ])('with status %i and %j: replaced is %s', async (status, ranges, isReplaced) => {
    const { send, asked } = await start({ options: { status: ranges }, respond: endWith(status) });
    const response = await send('/');
    expect(response.status).toBe(status);
    expect(response.body === 'original').toBe(!isReplaced);
    expect(valuesOf(response.headers, 'x-original')).toEqual(isReplaced ? [] : ['1']);
    expect(asked).toHaveLength(isReplaced ? 1 : 0);
  });

  it.each<[original: number, rewritten: number]>([
    [418, 404],
    [503, 500],
    [506, 506],
  ])('rewrites status %i to %i', async (original, rewritten) => {
    const { send, asked } = await start({
      options: { statusRewrites: { '418': 404, '500-505': 500 } },
      respond: endWith(original),
    });
    expect((await send('/')).status).toBe(rewritten);
    expect(asked[0]?.line).toContain(`status=${rewritten}&original=${original}&`);
  });

  it('requests the page with GET, no body and the headers of the request, but no credentials', async () => {
    const { send, asked } = await start({ steps: [() => allow({ 'X-Tenant': 'acme' })] });
    await send(
      '/',
      [
        ['Authorization', 'Basic YTpi'],
        ['X-Mine', '1'],
        ['Content-Type', 'text/plain'],
        ['If-None-Match', '"a"'],
        ['Range', 'bytes=0-1'],
      ],
      'POST',
      'hello',
    );
    const { line = '', headers = [] } = asked[0] ?? {};
    expect(line).toMatch(/^GET \/page/);
    const pairs = headers.flatMap((name, at) =>
      at % 2 === 0 ? [[name.toLowerCase(), headers[at + 1] ?? ''] as const] : [],
    );
    const sent = Object.fromEntries(pairs);
    expect(sent).toMatchObject({
      host: 'api.example',
      'x-mine': '1',
      'x-tenant': 'acme',
      'content-type': 'text/plain',
    });
    for (const name of ['authorization', 'if-none-match', 'range', 'content-length', 'transfer-encoding'])
      expect(Object.keys(sent)).not.toContain(name);
  });

  it('requests the page with the headers of errorRequestHeaders only', async () => {
    const { send, asked } = await start({
      options: { errorRequestHeaders: ['x-mine', 'X-Tenant', 'Authorization'] },
      steps: [() => allow({ 'X-Tenant': 'acme', 'X-Role': 'admin' })],
    });
    await send('/', [
      ['X-Mine', '1'],
      ['X-Other', '2'],
      ['Cookie', 'a=b'],
      ['Authorization', 'Basic YTpi'],
    ]);
    const names = (asked[0]?.headers ?? []).filter((_text, at) => at % 2 === 0);
    const own = names.filter((name) => !/^(?:host|connection|x-request-id)$/i.test(name));
    expect(own).toEqual(['X-Tenant', 'X-Mine']);
  });

  it('shows a page for a refusal, with its challenge and the ID of the request', async () => {
    const { send, gateway } = await start({ steps: [() => deny()] });
    const { status, headers, body } = await send('/', [['X-Request-Id', 'abc-123']]);
    expect(status).toBe(401);
    expect(body).toContain('status=401');
    expect(valuesOf(headers, 'www-authenticate')).toEqual([expect.stringMatching(/^Basic /) as string]);
    expect(valuesOf(headers, 'x-request-id')).toEqual(['abc-123']);
    expect(valuesOf(headers, 'content-type')).toEqual(['text/html']);
    expect(await gateway.recorded(1)).toMatchObject({
      status: 401,
      refusal: { code: 'credentials_missing' },
    });
  });

  it('shows a page when the server of the route cannot be reached', async () => {
    const { send } = await start({ respond: (request) => request.socket.destroy() });
    const { status, body } = await send('/');
    expect({ status, isPage: body.startsWith('<h1>/page?status=502') }).toEqual({
      status: 502,
      isPage: true,
    });
  });

  it.each<[what: string, page: RequestListener | undefined]>([
    ['is down', undefined],
    ['breaks off', (request) => request.socket.destroy()],
  ])('keeps the status, with a problem document, when the service of the pages %s', async (_what, page) => {
    const { send, closePages, gateway } = await start({ steps: [() => deny()], ...(page && { page }) });
    if (page === undefined) await closePages();
    const { status, headers, body } = await send('/', [['X-Request-Id', 'abc-123']]);
    expect(status).toBe(401);
    expect(JSON.parse(body)).toMatchObject({
      status: 401,
      code: 'error_page_unavailable',
      requestId: 'abc-123',
    });
    expect(valuesOf(headers, 'www-authenticate')).toHaveLength(1);
    expect(valuesOf(headers, 'x-request-id')).toEqual(['abc-123']);
    const { originFault } = await gateway.recorded(1);
    expect(originFault).toMatch(/^error page: /);
    expect(gateway.leases()).toBe(0);
  });

  it('never sends the status of the page, even if the page is an error itself', async () => {
    const { send } = await start({ page: endWith(500, 'a broken page') });
    expect(await send('/')).toMatchObject({ status: 404, body: 'a broken page' });
  });

  it('responds to HEAD with the head of the page', async () => {
    const { send, asked } = await start();
    const { status, headers, body } = await send('/', [], 'HEAD');
    expect({ status, body }).toEqual({ status: 404, body: '' });
    expect(valuesOf(headers, 'content-type')).toEqual(['text/html']);
    expect(asked[0]?.line).toMatch(/^GET /);
  });

  it('passes the page with its own headers to outer middlewares', async () => {
    const { send } = await start({
      outer: { h: { headers: { customResponseHeaders: { 'X-Outer': '1', 'Content-Type': 'text/x' } } } },
    });
    const { headers } = await send('/');
    expect(valuesOf(headers, 'x-outer')).toEqual(['1']);
    expect(valuesOf(headers, 'content-type')).toEqual(['text/x']);
  });

  it('replaces the response to a refused upgrade', async () => {
    const { gateway } = await start({ steps: [() => deny()] });
    const connection = await openRaw(
      gateway.port,
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    expect(await connection.closed()).toMatch(/^HTTP\/1\.1 401 [^]*<h1>\/page\?status=401/);
  });

  it('stays truncated when the page is aborted', async () => {
    const { gateway } = await start({
      page(_request, response) {
        response.writeHead(200, { 'Content-Length': '100' });
        response.write('half', () => response.destroy());
      },
    });
    const connection = await openRaw(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await connection.closed()).not.toMatch(/HTTP[^]*HTTP/);
    expect(await gateway.recorded(1)).toMatchObject({ status: 404 });
    expect(gateway.leases()).toBe(0);
  });

  it('aborts the request for the page when the caller disconnects', async () => {
    let closed: Promise<void> | undefined;
    let onAsked: () => void = () => {};
    const isAsked = new Promise<void>((resolve) => (onAsked = resolve));
    const { gateway } = await start({
      page(_request, response) {
        closed = new Promise((resolve) => response.on('close', () => resolve()));
        onAsked();
      },
    });
    const connection = await openRaw(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await isAsked;
    connection.socket.destroy();
    await closed;
    expect(await gateway.recorded(1)).toMatchObject({ status: 499 });
    expect(gateway.leases()).toBe(0);
  });
});

describe('the options of errors', () => {
  const services = { pages: { loadBalancer: { servers: [{ url: 'http://10.0.0.1' }] } } };
  it.each<[options: object, problem: RegExp]>([
    [{ status: ['600'], service: 'pages' }, /expected a status code or a range/],
    [{ status: ['500-400'], service: 'pages' }, /expected a status code or a range/],
    [{ status: ['404'] }, /service: expected the service of the pages/],
    [{ status: ['404'], service: 'none' }, /there is no service none@file/],
    [{ status: ['404'], service: { name: 'pages' } }, /expected the name of a service/],
    [{ status: ['404'], service: 'pages', query: '/a b' }, /expected a path and query/],
    [{ status: ['404'], service: 'pages', statusRewrites: { '404': 100 } }, /200/],
  ])('%j are refused', (options, problem) => {
    const { problems } = compileMiddlewares({ e: { errors: options } }, undefined, undefined, services);
    expect(problems.join('\n')).toMatch(problem);
  });

  it('names the service with or without its provider', () => {
    for (const service of ['pages', 'pages@file']) {
      const { steps, problems } = compileMiddlewares(
        { e: { errors: { status: ['404'], service } } },
        undefined,
        undefined,
        services,
      );
      expect(problems).toEqual([]);
      expect(steps[0]?.service).toBe('pages@file');
    }
  });
});
