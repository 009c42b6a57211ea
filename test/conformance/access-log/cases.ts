/** A request whose line in the access log was recorded from the real Traefik. */
export interface LogCase {
  /** A sentence; unique. */
  readonly name: string;
  /** Entry point; default `web`. */
  readonly entryPoint?: EntryPointName;
  /** Head and body as they are sent, in latin1; `PORT` is replaced by the port of the entry point. */
  readonly request: string;
  /** Sent after `101` has arrived, before the connection ends. */
  readonly frames?: string;
  /** Whether the caller closes the connection as soon as the server has the request. */
  readonly abandons?: boolean;
  /**
   * Fields that differ here, with their values, and the text in their place in the line of the common format; null: the field is
   * missing.
   */
  readonly differs?: Readonly<Record<string, string | number | null>>;
  /** Reason for the difference. */
  readonly why?: string;
  /** Here, the connection is refused before there is a request for the log. */
  readonly isRefused?: boolean;
}

export type EntryPointName = 'web' | 'trusting' | 'secure';

const get = (target: string, ...headers: readonly string[]): string =>
  ['GET ' + target + ' HTTP/1.1', 'Host: api.example', ...headers, '', ''].join('\r\n');
const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** Placeholder for the size of a problem document. */
export const problem = 'PROBLEM';
const why = 'a refusal is a problem document, and the service of the route is named';

export const cases: readonly LogCase[] = [
  { name: 'a plain request', request: get('/echo') },
  { name: 'a query', request: get('/echo?page=2&sort=asc') },
  {
    name: 'a query with a secret',
    request: get('/echo?page=2&token=hidden'),
    differs: { RequestPath: '/echo?page=2&token=REDACTED' },
    why: 'values of a query that can be secrets are redacted',
  },
  { name: 'an empty query', request: get('/echo?') },
  {
    name: 'a body with a length',
    request: 'POST /echo HTTP/1.1\r\nHost: api.example\r\nContent-Length: 11\r\n\r\nhello world',
  },
  {
    name: 'a body in chunks',
    request:
      'POST /echo HTTP/1.1\r\nHost: api.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n',
  },
  {
    name: 'a body that no server gets',
    request: 'POST /nowhere HTTP/1.1\r\nHost: api.example\r\nContent-Length: 5\r\n\r\nhello',
    differs: { DownstreamContentSize: problem },
    why,
  },
  { name: 'HEAD', request: 'HEAD /echo HTTP/1.1\r\nHost: api.example\r\n\r\n' },
  { name: 'OPTIONS', request: 'OPTIONS /echo HTTP/1.1\r\nHost: api.example\r\n\r\n' },
  { name: 'DELETE', request: 'DELETE /echo HTTP/1.1\r\nHost: api.example\r\n\r\n' },
  { name: 'PATCH', request: 'PATCH /echo HTTP/1.1\r\nHost: api.example\r\nContent-Length: 1\r\n\r\nx' },
  { name: 'no route', request: get('/nowhere'), differs: { DownstreamContentSize: problem }, why },
  {
    name: 'a server that refuses connections',
    request: get('/dead'),
    differs: { DownstreamContentSize: problem, OriginContentSize: problem },
    why,
  },
  {
    name: 'a server that closes without a response',
    request: get('/reset'),
    differs: { DownstreamContentSize: problem, OriginContentSize: problem },
    why,
  },
  {
    name: 'a service without servers',
    request: get('/empty'),
    differs: { DownstreamContentSize: problem, ServiceName: 'empty@file' },
    why,
  },
  {
    name: 'a redirection by a middleware',
    request: get('/moved'),
    differs: { ServiceName: 'up@file' },
    why: 'the service of the route is named',
  },
  {
    name: 'a refusal by a middleware',
    request: get('/denied'),
    differs: { DownstreamContentSize: problem, ServiceName: 'up@file' },
    why,
  },
  { name: 'a middleware that changes the path', request: get('/prefixed') },
  { name: 'a response without a body', request: get('/echo/204') },
  { name: 'a response that is not modified', request: get('/echo/304') },
  { name: 'an error of the server', request: get('/echo/500') },
  { name: 'a response in chunks', request: get('/echo/chunks') },
  {
    name: 'a response that breaks off',
    request: get('/echo/cut'),
    differs: { OriginContentSize: 4, OriginDuration: 'NANOSECONDS', OriginStatus: 200, GzipRatio: null },
    why: 'the outcome of the response is logged',
  },
  {
    name: 'Referer and User-Agent',
    request: get('/echo', 'Referer: http://a.example/', 'User-Agent: curl/8'),
  },
  { name: 'quotes in User-Agent', request: get('/echo', 'User-Agent: a "quoted" agent') },
  { name: 'letters beyond ASCII in User-Agent', request: get('/echo', utf8('User-Agent: Zürich')) },
  { name: 'letters beyond ASCII in a path', request: get(utf8('/echo/straße')), isRefused: true },
  { name: 'an encoded path', request: get('/echo/stra%C3%9Fe%20a') },
  { name: 'letters beyond ASCII in a query', request: get(utf8('/echo?q=straße')), isRefused: true },
  {
    name: 'Host with a port, in capital letters',
    request: 'GET /echo HTTP/1.1\r\nHost: API.Example:8443\r\n\r\n',
  },
  { name: 'Host with an IPv6 address', request: 'GET /echo HTTP/1.1\r\nHost: [::1]:PORT\r\n\r\n' },
  { name: 'HTTP/1.0 without Host', request: 'GET /echo HTTP/1.0\r\n\r\n' },
  {
    name: 'a target in absolute form',
    request: 'GET http://other.example/echo?a=b HTTP/1.1\r\nHost: api.example\r\n\r\n',
  },
  {
    name: 'credentials that nothing asks for',
    request: get('/echo', 'Authorization: Basic YWRhOnNlY3JldA=='),
  },
  {
    name: 'X-Forwarded-For of a peer that is not trusted',
    request: get('/echo', 'X-Forwarded-For: 203.0.113.9'),
  },
  {
    name: 'X-Forwarded-For of a trusted peer',
    entryPoint: 'trusting',
    request: get('/echo', 'X-Forwarded-For: 203.0.113.9, 198.51.100.2'),
  },
  {
    name: 'X-Forwarded-For in two lines',
    entryPoint: 'trusting',
    request: get('/echo', 'X-Forwarded-For: 203.0.113.9', 'X-Forwarded-For: 198.51.100.2'),
  },
  {
    name: 'TLS',
    entryPoint: 'secure',
    request: get('/echo'),
    differs: { RouterName: 'echo@file' },
    why: 'a router is split only for middlewares of an entry point',
  },
  {
    name: 'a WebSocket',
    request: get(
      '/echo/upgrade',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ),
    frames: 'ping',
    differs: { DownstreamContentSize: 4, DownstreamStatus: 101, OriginContentSize: 4, OriginStatus: 101 },
    why: 'status and bytes of a WebSocket are logged',
  },
  {
    name: 'a caller that goes away',
    request: get('/echo/slow'),
    abandons: true,
    differs: { DownstreamContentSize: 0, OriginContentSize: 0 },
    why: 'a caller that is gone gets nothing',
  },
];
