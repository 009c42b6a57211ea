import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CaseRequest } from './cases.ts';

/** Outcome of a request: the response, and the request that the service received, limited to the parts that middlewares change. */
export interface Observation {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined: the service received none. */
  readonly seen:
    | { readonly target: string; readonly host: string; readonly headers: Readonly<Record<string, string>> }
    | undefined;
  /** The request of `forwardAuth`; undefined: there was none. */
  readonly asked?:
    | { readonly method: string; readonly target: string; readonly headers: Readonly<Record<string, string>> }
    | undefined;
}

/** Placeholder for the URL of the service in cases and observations, because its port changes. */
export const serviceUrl = '{service}';

/** Responses of the service as an authentication server, by target. */
const authResponses: Readonly<Record<string, readonly [number, Readonly<Record<string, string>>]>> = {
  '/auth/pass': [200, { 'X-Auth-User': 'ann', 'X-Auth-Role': 'reader', 'X-Other': 'other' }],
  '/auth/deny': [401, { 'X-Reason': 'unknown', Vary: 'Cookie' }],
  '/auth/redirect': [302, { Location: '/login?next=1' }],
};

/** Headers of responses that middlewares or the service set. */
const responseHeaders =
  /^(?:location|vary|retry-after|access-control-.*|strict-transport-security|content-encoding|etag|accept-ranges|public-key-pins|referrer-policy|permissions-policy|content-security-policy.*|x-(?!request-id|retry-in).*)$/;
/** Headers of requests that middlewares set; the hop's own headers are compared elsewhere. */
const requestHeaders = /^x-(?!forwarded-(?:for|host|port|proto|server)|real-ip|request-id|case).*$/;

/** The media type concerns middlewares only if the service responded. */
const servedHeaders = new RegExp(`${responseHeaders.source}|^content-type$`);

const pick = (headers: IncomingMessage['headers'], wanted: RegExp): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => wanted.test(name))
      .map(([name, value]) => [name, String(value)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** Bodies that begin like files of some media type. */
const bodies: Readonly<Record<string, string | Buffer>> = {
  '/empty': '',
  '/page': ' <!doctype html><p>page</p>',
  '/image': Buffer.from('89504e470d0a1a0a', 'hex'),
  '/binary': Buffer.from([1, 2, 3]),
};

/** Headers of large responses, by the rest of their target. */
const bigHeaders: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  encoded: { 'Content-Encoding': 'br' },
  etag: { ETag: '"abc"' },
  'weak-etag': { ETag: 'W/"abc"' },
  ranges: { 'Accept-Ranges': 'bytes' },
  vary: { Vary: 'Accept' },
  grpc: { 'Content-Type': 'application/grpc' },
  json: { 'Content-Type': 'application/json' },
  png: { 'Content-Type': 'image/png' },
  html: { 'Content-Type': 'text/html; charset=utf-8' },
};

/** Responds to targets with a special meaning; false: this target has none. */
function respondAs(target: string, response: ServerResponse, count: number): boolean {
  const [, whole, kind = whole, rest = ''] =
    /^\/(?:(big)$|(big|status|page|breaks|unavailable)-([\w-]+))/.exec(target) ?? [];
  if (kind === 'big')
    response
      .writeHead(200, { 'Content-Type': 'text/plain', ...bigHeaders[rest] })
      .end('0123456789abcdef'.repeat(256));
  else if (kind === 'status')
    response.writeHead(Number(rest), { 'Content-Type': 'text/plain' }).end('status');
  else if (kind === 'page') response.writeHead(200, { 'Content-Type': 'text/html' }).end('page');
  else if (kind === 'breaks' && count % 2 === 1) response.socket?.destroy();
  else if (kind === 'unavailable' && count % 2 === 1) response.writeHead(503).end();
  else return false;
  return true;
}

/** A service with its own headers, which middlewares may change. */
export async function startService() {
  let seen: Observation['seen'];
  let asked: Observation['asked'];
  /** Requests, by target. */
  const counts = new Map<string, number>();
  const server = createServer((incoming, response) => {
    const { url: target = '', method = '', headers } = incoming;
    const ofAuth = authResponses[target];
    if (ofAuth !== undefined) {
      asked = { method, target, headers: pick(headers, requestHeaders) };
      response.writeHead(...ofAuth).end();
      return;
    }
    seen = { target, host: headers.host ?? '', headers: pick(headers, requestHeaders) };
    response.setHeader('X-Server', 'service');
    counts.set(target, (counts.get(target) ?? 0) + 1);
    if (respondAs(target, response, counts.get(target) ?? 0)) return;
    if (target === '/vary') response.setHeader('Vary', 'Accept');
    if (target === '/secured') response.setHeader('X-Frame-Options', 'SAMEORIGIN');
    if (target === '/typed') response.setHeader('Content-Type', 'application/json');
    if (target === '/encoded') response.setHeader('Content-Encoding', 'identity');
    response.end(bodies[target] ?? 'ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take() {
      const last = { seen, asked };
      seen = undefined;
      asked = undefined;
      return last;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Sends a request of a case to a proxy on a port. @param more headers in addition to those of the case. */
export async function observe(
  port: number,
  { method = 'GET', target, headers = {}, body }: CaseRequest,
  service: { readonly url: string; take(): Pick<Observation, 'seen' | 'asked'> },
  more: Readonly<Record<string, string>> = {},
): Promise<Observation> {
  service.take();
  const sent = request({
    port,
    host: '127.0.0.1',
    method,
    path: target,
    agent: false,
    headers: { Host: 'api.example', ...headers, ...more },
  });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  const { seen, asked } = service.take();
  const shown = pick(response.headers, seen === undefined ? responseHeaders : servedHeaders);
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(
      Object.entries(shown).map(([name, value]) => [name, value.replace(service.url, serviceUrl)]),
    ),
    seen,
    asked,
  };
}
