/** A rule or an entry point of Traefik, and requests to it. */
export interface WireCase {
  /** The behaviour that it shows. */
  readonly name: string;
  /** `CASE` is the part of the rule that distinguishes the cases. Default: every request. */
  readonly rule?: string;
  readonly requests: readonly WireRequest[];
}

export interface WireRequest {
  /** Request line and header lines; `Host` is added when there is none. */
  readonly lines: readonly string[];
  /** The entry point; `trusted` accepts callers' values of `X-Forwarded-*`. */
  readonly entryPoint?: 'web' | 'trusted';
  /** Reason for an intended difference. */
  readonly differs?: string;
}

const get = (target: string, ...lines: readonly string[]): WireRequest => ({
  lines: [`GET ${target} HTTP/1.1`, ...lines],
});
const trusted = (...lines: readonly string[]): WireRequest => ({
  ...get('/', ...lines),
  entryPoint: 'trusted',
});
const but = (request: WireRequest, differs: string): WireRequest => ({ ...request, differs });
const upgrade = (protocol: string): readonly string[] => ['Connection: Upgrade', `Upgrade: ${protocol}`];
const webSocket: readonly string[] = [
  ...upgrade('websocket'),
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];
/** Headers in which a caller may describe itself. */
const said: readonly string[] = [
  'X-Forwarded-For: 192.0.2.1',
  'X-Forwarded-Host: other.example:9999',
  'X-Forwarded-Port: 1234',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Server: edge',
  'X-Forwarded-Prefix: /prefix',
  'X-Forwarded-Uri: /uri',
  'X-Forwarded-Method: PUT',
  'X-Forwarded-Tls-Client-Cert: cert',
  'X-Real-Ip: 192.0.2.2',
  'Forwarded: for=192.0.2.3',
];

const freeLineEnds =
  'line ends mean nothing in expressions; Go ends a statement there, and Traefik ignores the router';

export const cases: readonly WireCase[] = [
  {
    name: 'the headers about the caller',
    requests: [
      get('/'),
      get('/', 'Host: api.example:8443'),
      get('/', 'Host: [::1]:81'),
      get('/', 'Host: [::1]'),
      get('/', 'Host: api.example:'),
      get('/', 'Host: api.example.'),
      get('/', 'Host: API.Example'),
      get('/', ...webSocket),
      get('/', 'Host: api.example:8080', ...webSocket),
      but(get('/', ...said), '`Forwarded` counts from trusted proxies only, as the others do'),
    ],
  },
  {
    name: 'the headers about the caller, from a trusted proxy',
    requests: [
      trusted(),
      trusted(...said),
      trusted('X-Forwarded-Proto: https'),
      trusted('X-Forwarded-Proto: https', 'Host: api.example:8080'),
      trusted('X-Forwarded-Proto: http', 'X-Forwarded-Host: other.example'),
      trusted('X-Forwarded-Proto: https', ...webSocket),
      trusted('X-Forwarded-Proto: wss'),
      trusted('X-Forwarded-Proto: http', ...webSocket),
      trusted('X-Forwarded-Proto: https,http'),
      trusted('X-Forwarded-Proto: HTTPS'),
      trusted('X-Forwarded-Host: other.example:9999'),
      trusted('X-Forwarded-Port: 1234'),
      trusted('X-Forwarded-Server: edge'),
      trusted('X-Forwarded-For: 192.0.2.1', 'X-Forwarded-For: 192.0.2.2'),
      but(trusted('X-Forwarded-For:'), 'an empty list has no first element'),
      trusted('X-Forwarded-Host:', 'X-Forwarded-Proto:', 'X-Forwarded-Port:', 'X-Real-Ip:'),
    ],
  },
  {
    name: 'headers of the connection',
    requests: [
      get('/', 'TE: trailers'),
      get('/', 'TE: gzip, trailers'),
      get('/', 'TE: gzip'),
      but(get('/', 'Connection: TE', 'TE: trailers'), 'RFC 9110 section 10.1.4 wants TE to be named so'),
      get('/', 'Connection: X-Named, close', 'X-Named: 1', 'X-Other: 2'),
      get('/', 'Keep-Alive: timeout=5', 'Proxy-Connection: keep-alive', 'X-Other: 2'),
      get('/', 'Proxy-Authorization: Basic YTpi', 'Trailer: X-Last'),
      { lines: ['POST / HTTP/1.1', 'Content-Length: 2', 'Expect: 100-continue'] },
      get('/', 'Expect: something'),
    ],
  },
  {
    name: 'other protocols on the connection',
    requests: [
      get('/', ...upgrade('foo/2')),
      get('/', ...upgrade('h2c')),
      get('/', 'Upgrade: foo'),
      get('/', 'Connection: keep-alive, Upgrade', 'Upgrade: tcp'),
    ],
  },
  {
    name: 'characters that no path may have',
    requests: [
      get('/a|b'),
      get('/a"b'),
      get('/a{b}'),
      get('/a^b'),
      get('/a`b'),
      get('/a<b>'),
      get('/a[b]'),
      get("/a'b"),
      get('/a%7Cb'),
      get('/a%7cb'),
      get('/a%41b'),
      get('/a%2541b'),
      get('/a?b|c"{}^`<>[]'),
      get('/caf\u00c3\u00a9'),
      get('/a b'),
      get('/a#b'),
      but(get('/a;b=c?d;e'), 'the server gets the query as received; rules read `;` as `&`'),
      get('//a//b'),
      get('/a/./b/../c'),
    ],
  },
  {
    name: 'methods that are not registered',
    rule: 'CASE && Method(`FOO`)',
    requests: [
      { lines: ['FOO / HTTP/1.1'] },
      { lines: ['foo / HTTP/1.1'] },
      { lines: ['BAR / HTTP/1.1'] },
      { lines: ['FOO /with-a-body HTTP/1.1', 'Content-Length: 2'] },
    ],
  },
  {
    name: 'registered methods that are rare',
    requests: [
      { lines: ['PURGE /a HTTP/1.1'] },
      but({ lines: ['QUERY /a HTTP/1.1'] }, 'the length of a missing body is said (RFC 9110 section 8.6)'),
      but({ lines: ['TRACE /a HTTP/1.1'] }, 'the response would show the caller the access token'),
      { lines: ['M-SEARCH /a HTTP/1.1'] },
      { lines: ['F!O$O /a HTTP/1.1'] },
      { lines: ['OPTIONS * HTTP/1.1'] },
      but({ lines: ['GET * HTTP/1.1'] }, 'only OPTIONS has this form (RFC 9112 section 3.2.4)'),
      { lines: ['OPTIONS / HTTP/1.1'] },
      { lines: ['GET http://abs.example/p?q HTTP/1.1', 'Host: api.example'] },
    ],
  },
  {
    name: 'Host(`*`)',
    rule: 'CASE && Host(`*`)',
    requests: [
      get('/', 'Host: a.b'),
      get('/', 'Host: single'),
      get('/', 'Host: a.b.c'),
      get('/', 'Host: 192.0.2.1'),
      get('/', 'Host: [::1]:80'),
      get('/', 'Host:'),
    ],
  },
  {
    name: 'Host(`*.example.com`)',
    rule: 'CASE && Host(`*.example.com`)',
    requests: [
      get('/', 'Host: a.example.com'),
      get('/', 'Host: a.b.example.com'),
      get('/', 'Host: example.com'),
      get('/', 'Host: .example.com'),
      get('/', 'Host: A.Example.COM:80'),
      get('/', 'Host: a.example.com.'),
    ],
  },
  {
    name: 'Host(`example.com.`)',
    rule: 'CASE && Host(`example.com.`)',
    requests: [
      get('/', 'Host: example.com'),
      get('/', 'Host: example.com.'),
      get('/', 'Host: example.com.:80'),
    ],
  },
  {
    name: 'HostRegexp(`^example\\.com$`)',
    rule: 'CASE && HostRegexp(`^example\\.com$`)',
    requests: [
      get('/', 'Host: example.com'),
      get('/', 'Host: example.com.'),
      get('/', 'Host: EXAMPLE.com:80'),
    ],
  },
  {
    name: 'HostRegexp(`^Example`)',
    rule: 'CASE && HostRegexp(`^Example`)',
    requests: [get('/', 'Host: example.com'), get('/', 'Host: Example.com')],
  },
  {
    name: 'rules about headers of the connection',
    rule: 'CASE && (Header(`Connection`, `close`) || HeaderRegexp(`Connection`, `.`) || Header(`X-Named`, `1`) || Header(`Upgrade`, `foo`) || Header(`TE`, `trailers`) || Header(`Transfer-Encoding`, `chunked`) || Header(`Keep-Alive`, `1`))',
    requests: [
      get('/', 'Connection: close'),
      get('/', 'Connection: X-Named', 'X-Named: 1'),
      get('/', 'X-Named: 1'),
      get('/', ...upgrade('foo')),
      get('/', 'TE: trailers'),
      get('/', 'Keep-Alive: 1'),
    ],
  },
  {
    name: 'rules about Host and lengths as headers',
    rule: 'CASE && (HeaderRegexp(`Host`, `.`) || HeaderRegexp(`Content-Length`, `.`) || HeaderRegexp(`Expect`, `.`))',
    requests: [
      get('/'),
      { lines: ['POST / HTTP/1.1', 'Content-Length: 2'] },
      { lines: ['POST / HTTP/1.1', 'Content-Length: 2', 'Expect: 100-continue'] },
    ],
  },
  {
    name: 'Header(`X-Word`, `café`)',
    rule: 'CASE && Header(`X-Word`, `caf\u00e9`)',
    requests: [get('/', 'X-Word: caf\u00c3\u00a9'), get('/', 'X-Word: caf\u00e9'), get('/', 'x-word: cafe')],
  },
  {
    name: 'HeaderRegexp(`X-Word`, `^caf.$`)',
    rule: 'CASE && HeaderRegexp(`X-Word`, `^caf.$`)',
    requests: [get('/', 'X-Word: caf\u00c3\u00a9'), get('/', 'X-Word: caf\u00e9'), get('/', 'X-Word: caf')],
  },
  {
    name: 'HeaderRegexp(`X-Word`, `é`)',
    rule: 'CASE && HeaderRegexp(`X-Word`, `\u00e9`)',
    requests: [get('/', 'X-Word: caf\u00c3\u00a9'), get('/', 'X-Word: caf\u00e9')],
  },
  {
    name: 'Query(`word`, `café`)',
    rule: 'CASE && Query(`word`, `caf\u00e9`)',
    requests: [
      get('/?word=caf%C3%A9'),
      get('/?word=caf\u00c3\u00a9'),
      get('/?word=caf%E9'),
      get('/?WORD=caf%C3%A9'),
    ],
  },
  {
    name: 'Path(`/café`)',
    rule: 'CASE && Path(`/caf\u00e9`)',
    requests: [get('/caf%C3%A9'), get('/caf\u00c3\u00a9'), get('/caf%c3%a9'), get('/cafe')],
  },
  {
    name: 'a comma after the last argument',
    rule: 'CASE && Host(`h1`,)',
    requests: [get('/', 'Host: h1'), get('/', 'Host: h2')],
  },
  {
    name: 'a comma after no argument',
    rule: 'CASE && Host(,)',
    requests: [get('/', 'Host: h1')],
  },
  {
    name: 'a comment in a rule',
    rule: 'CASE && /* of the API */ Host(`h1`)',
    requests: [get('/', 'Host: h1'), get('/', 'Host: h2')],
  },
  {
    name: 'a comment at the end of a rule',
    rule: 'CASE && Host(`h1`) // of the API',
    requests: [get('/', 'Host: h1'), get('/', 'Host: h2')],
  },
  {
    name: 'a comment that does not end',
    rule: 'CASE && Host(`h1`) /* of the API',
    requests: [get('/', 'Host: h1')],
  },
  {
    name: 'a comment with line ends in it',
    rule: 'CASE /* first\n second */ && Host(`h1`)',
    requests: [but(get('/', 'Host: h1'), freeLineEnds)],
  },
  {
    name: 'a line end after an operator',
    rule: 'CASE &&\n  Host(`h1`)',
    requests: [get('/', 'Host: h1')],
  },
  {
    name: 'a line end before an operator',
    rule: 'CASE\n  && Host(`h1`)',
    requests: [but(get('/', 'Host: h1'), freeLineEnds)],
  },
  {
    name: 'a line end at the end of a rule',
    rule: 'CASE && Host(`h1`)\n',
    requests: [get('/', 'Host: h1')],
  },
  {
    name: 'a semicolon at the end of a rule',
    rule: 'CASE && Host(`h1`);',
    requests: [get('/', 'Host: h1')],
  },
  {
    name: 'a comment after an operator and a line end',
    rule: 'CASE && // of the API\n  Host(`h1`)',
    requests: [get('/', 'Host: h1')],
  },
  {
    name: 'a line end after an argument',
    rule: 'CASE && Host(\n`h1`\n)',
    requests: [but(get('/', 'Host: h1'), freeLineEnds)],
  },
  {
    name: 'a comma and a line end after an argument',
    rule: 'CASE && Host(\n`h1`,\n)',
    requests: [get('/', 'Host: h1')],
  },
  {
    name: 'strings in double quotes with escapes',
    rule: 'CASE && Host("h\\x31")',
    requests: [get('/', 'Host: h1')],
  },
];
