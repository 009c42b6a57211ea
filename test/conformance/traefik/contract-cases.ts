import { forgedSpellingsOf } from '../../../packages/testkit/src/header-spellings.ts';
import { spellTraversals } from '../../e2e/path-spellings.testkit.ts';
import type { ContractCase } from './contract-case.ts';
import { checks, entryPoints } from './contract-configuration.ts';

const credentials = ['Authorization', 'Basic Ym9zczpib3NzLXNlY3JldA=='];
const lies = ['X-User', 'root', 'x-group', 'root', 'X_User', 'root', 'X.Group', 'root', 'X_Group', 'root'];
const forwarded = [
  ...['X-Forwarded-For', '9.9.9.9', 'X-Forwarded-For', '8.8.8.8', 'X-Forwarded-Proto', 'https'],
  ...['X-Forwarded-Host', 'lie.example', 'X-Forwarded-Port', '444', 'X-Forwarded-Uri', '/lie'],
  ...['X-Forwarded-Method', 'PUT', 'X-Forwarded-Prefix', '/lie', 'X-Forwarded-Server', 'lie'],
  ...[
    'X-Real-Ip',
    '9.9.9.9',
    'X_Real_Ip',
    '9.9.9.9',
    'X_Forwarded-For',
    '9.9.9.9',
    'X.Forwarded.For',
    '9.9.9.9',
  ],
  ...['X-Forwarded-User', 'lie', 'Forwarded', 'for=9.9.9.9'],
];

const requests: readonly ContractCase[] = [
  { name: 'a request passes, with the headers of the check', headers: credentials },
  {
    name: 'a body is for the service alone',
    method: 'POST',
    path: '1?page=2',
    headers: [...credentials, 'Content-Type', 'text/plain'],
    body: 'a body',
  },
  {
    name: 'chunks stay chunks',
    method: 'PUT',
    headers: [...credentials, 'Transfer-Encoding', 'chunked'],
    body: 'a body',
  },
  { name: 'a POST without a body has a length of 0', method: 'POST', headers: ['Content-Length', '0'] },
  { name: 'HEAD is asked about with GET', method: 'HEAD' },
  { name: 'OPTIONS is asked about too', method: 'OPTIONS' },
  {
    name: 'header names become canonical, and sorted',
    headers: [
      'x-trace-ID',
      'a',
      'ETAG',
      'b',
      'x_ODD-name',
      'c',
      'X-TRACE-id',
      'd',
      'user-agent',
      'test/1',
      'accept',
      '*/*',
    ],
  },
  {
    name: 'hop-by-hop headers end here',
    headers: [
      ...['Keep-Alive', 'timeout=5', 'TE', 'trailers', 'Proxy-Connection', 'keep-alive'],
      ...['Proxy-Authorization', 'Basic eA==', 'Proxy-Authenticate', 'Basic'],
    ],
  },
  { name: 'a caller sends its own Accept-Encoding', headers: ['Accept-Encoding', 'br'] },
  { name: 'a caller asks for a range', headers: ['Range', 'bytes=0-1'] },
  { name: 'an absolute target names the host', path: 'http://b.example/plain/1?a=b' },
  { name: 'no rule matches', check: 'nowhere' },
  {
    name: 'no rule matches, with a denied character',
    check: 'nowhere',
    path: 'a%2fb',
    entryPoint: 'encoded',
  },
  { name: 'the service is down', check: 'gone' },
  { name: 'the forward-auth server is down', check: 'down' },
];

const answers: readonly ContractCase[] = [
  {
    name: 'a refusal reaches the caller whole',
    answer: {
      status: 401,
      headers: [
        'WWW-Authenticate',
        'Basic realm="a"',
        'x-two',
        '1',
        'X-Two',
        '2',
        'Keep-Alive',
        'timeout=9',
        'Retry-After',
        '3',
      ],
      body: 'a refusal',
    },
  },
  { name: 'a refusal of HEAD has no body', method: 'HEAD', answer: { status: 403, body: 'a refusal' } },
  { name: 'a refusal that is 503', answer: { status: 503, headers: ['Retry-After', '5'], body: 'later' } },
  { name: 'a refusal of the permitted size', check: 'small', answer: { status: 403, body: '12345678' } },
  { name: 'a larger refusal is an empty 401', check: 'small', answer: { status: 403, body: '123456789' } },
  { name: 'a larger pass is an empty 401', check: 'small', answer: { status: 200, body: '123456789' } },
  { name: '204 passes', answer: { status: 204 } },
  { name: 'a redirect is a refusal', answer: { status: 302, headers: ['Location', '/login?a=b'] } },
  {
    name: 'a redirect may keep its target',
    check: 'location',
    answer: { status: 302, headers: ['Location', '/login'] },
  },
  { name: 'a missing header leaves none of the caller’s', headers: lies, answer: { status: 200 } },
  {
    name: 'an empty header is passed on',
    headers: lies,
    answer: { status: 200, headers: ['X-User', '', 'X-Group', ''] },
  },
  {
    name: 'a repeated header is passed on repeated',
    headers: lies,
    answer: {
      status: 200,
      headers: ['X-User', 'a', 'x-user', 'b', 'X-Other', 'not listed', 'Set-Cookie', 'a=b'],
    },
  },
  {
    name: 'bytes beyond ASCII pass',
    headers: ['X-Trace', 'Zo\u00c3\u00ab'],
    answer: { status: 200, headers: ['X-User', 'Zo\u00c3\u00ab'] },
  },
  {
    name: 'a header of 9000 bytes passes',
    answer: { status: 200, headers: ['Authorization', `Bearer ${'x'.repeat(9000)}`] },
  },
];

const options: readonly ContractCase[] = [
  ...Object.keys(checks)
    .filter((check) => check !== 'frozen')
    .map((check): ContractCase => ({
      name: `what a caller says of itself: ${check}`,
      check,
      headers: [...credentials, ...forwarded, 'X-Trace', 'a'],
    })),
  ...['trusting', 'unset', 'plain', 'listed', 'listed-trusting'].map((check): ContractCase => ({
    name: `what a trusted peer says of a caller: ${check}`,
    entryPoint: 'trusting',
    check,
    headers: [...credentials, ...forwarded],
  })),
  ...Object.keys(entryPoints).map((entryPoint): ContractCase => ({
    name: `underscores and other signs in names: ${entryPoint}`,
    entryPoint,
    headers: [...credentials, ...lies],
  })),
  {
    name: 'signs in names, with authResponseHeadersRegex',
    check: 'regex',
    headers: [...credentials, ...lies],
  },
  {
    name: 'the regular expression takes matching headers of the answer',
    check: 'regex',
    headers: lies,
    answer: { status: 200, headers: ['X_User', 'boss', 'X-Plain', 'no'] },
  },
  ...['body', 'short-body', 'method'].flatMap((check): ContractCase[] => [
    { name: `a body: ${check}`, check, method: 'POST', body: 'five!' },
    { name: `a short body: ${check}`, check, method: 'POST', body: 'four' },
    {
      name: `a body in chunks: ${check}`,
      check,
      method: 'PATCH',
      headers: ['Transfer-Encoding', 'chunked'],
      body: 'four',
    },
    { name: `no body: ${check}`, check, method: 'DELETE' },
  ]),
];

const connections: readonly ContractCase[] = [
  ...[
    ['Connection', 'Authorization'],
    ['Connection', 'X-User, x-group'],
    ['Connection', 'close, X-Trace', 'X-Trace', 'a'],
    ['Connection', 'keep-alive', 'Connection', 'X-Trace', 'X-Trace', 'a'],
    ['Connection', 'X-Forwarded-For, X_Forwarded_Proto, X-Real-Ip, Host, Content-Length'],
    ['Connection', 'Upgrade'],
  ].map((headers): ContractCase => ({
    name: `Connection: ${headers.join(' ')}`,
    headers: [...credentials, ...headers],
  })),
  { name: 'a WebSocket', transport: 'upgrade', headers: [...credentials, 'Connection', 'Upgrade', ...lies] },
  {
    name: 'a WebSocket whose Connection names more',
    transport: 'upgrade',
    headers: [...credentials, 'Connection', 'keep-alive, Upgrade, X-User', 'X-User', 'root'],
  },
  {
    name: 'an upgrade to another protocol',
    transport: 'upgrade',
    headers: ['Connection', 'X-Trace, upgrade', 'Upgrade', 'foo/2', 'X-Trace', 'a'],
  },
  {
    name: 'a WebSocket that is refused',
    transport: 'upgrade',
    headers: ['Connection', 'Upgrade'],
    answer: { status: 401, headers: ['WWW-Authenticate', 'Basic'], body: 'no' },
  },
  { name: 'HTTP/2', transport: 'http2', headers: [...credentials, ...lies] },
  { name: 'HTTP/2 with a body', transport: 'http2', method: 'POST', body: 'a body', headers: credentials },
  {
    name: 'HTTP/2, refused',
    transport: 'http2',
    answer: { status: 401, headers: ['WWW-Authenticate', 'Basic'], body: 'no' },
  },
];

/** Observed completely. */
export const cases: readonly ContractCase[] = [...requests, ...answers, ...options, ...connections];

const printable = Array.from({ length: 94 }, (_, at) => String.fromCharCode(0x21 + at));
const toCode = (text: string): string => `%${text.charCodeAt(0).toString(16)}`;

/** Sent to each of these entry points; only the status and the targets are observed. */
export const targetEntryPoints = ['plain', 'encoded', 'semicolons'];
export const targets: readonly string[] = [
  ...printable.filter((sign) => sign !== '?').map((sign) => `/plain/a${sign}b`),
  ...printable.map((sign) => `/plain/a${toCode(sign)}b`),
  ...printable.map((sign) => `/plain/${toCode(sign).toUpperCase()}|/x`),
  ...printable.map((sign) => `/plain/1?a${sign}b`),
  ...['%00', '%7f', '%', '%4', '%zz', '%e0', '%c3%a0', '%u002f'].map((text) => `/plain/a${text}b`),
  ...['', '?', '??', '?;', '?a=1;b=2;;c', '?a;%3Bb&%zz', '?a=%2f&b=|'].map((query) => `/plain/1${query}`),
  ...[
    '//plain/1',
    '/./plain/1',
    '/plain',
    '/plain/',
    '/plain//',
    '/plain/.',
    '/plain/..',
    '/plain/./',
    '/',
    '//',
    '/..',
  ],
  ...[
    '/plain/a//b/../c',
    '/plain/a/%2e%2e/b',
    '/plain/a/%2E/b/',
    '/plain/%2e%2e/body/1',
    '/PLAIN/1',
    '/pl%61in/1',
  ],
  // The server of the stand-in refuses bytes beyond ASCII, which Traefik encodes.
  ...spellTraversals('/plain/', '/method/x').filter((target) => !/[^\0-\x7f]/.test(target)),
];

/** Sent to each of these; the names that reach the service are observed. */
export const nameEntryPoints = ['plain', 'underscores', 'aliases', 'rejecting', 'rejecting-aliases'];
export const spelledNames: readonly string[] = [
  ...forgedSpellingsOf('X-User'),
  ...forgedSpellingsOf('X-Forwarded-For'),
  ...forgedSpellingsOf('X-Real-Ip'),
];
