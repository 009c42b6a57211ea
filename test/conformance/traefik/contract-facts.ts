import type { ContractCase } from './contract-case.ts';

/** A case, and some of its observations: each line is one of the request, or, after `!`, is not. */
export interface Fact extends ContractCase {
  readonly status: number;
  /** Body of the response. */
  readonly text: string;
  /** Undefined: there is no check. */
  readonly checked?: readonly string[];
  /** Undefined: the service is not reached. */
  readonly served?: readonly string[];
}

const authorization = 'Basic Ym9zczpib3NzLXNlY3JldA==';
const credentials = ['Authorization', authorization];
const lies = ['X-User', 'root', 'X_User', 'root', 'x.user', 'root'];

/** Each was observed with Traefik 3.7.13 on 29 November 2026. */
export const facts: readonly Fact[] = [
  {
    name: 'a check is a GET without the body, and is told the request in headers',
    method: 'POST',
    path: '1?page=2',
    headers: credentials,
    body: 'a body',
    status: 200,
    text: 'served',
    checked: [
      ...['GET /check/plain?from=traefik', `Authorization: ${authorization}`, '!Content-Length: 6'],
      ...['X-Forwarded-Method: POST', 'X-Forwarded-Uri: /plain/1?page=2', 'X-Forwarded-Host: a.example'],
      ...['X-Forwarded-Port: 80', 'X-Forwarded-For: 127.0.0.1', 'X-Forwarded-Proto: http'],
    ],
    served: [
      ...['POST /plain/1?page=2', 'Authorization: Bearer token', 'X-User: boss', 'Content-Length: 6'],
      ...['X-Forwarded-Port: 80', 'X-Forwarded-Server: HOSTNAME', 'X-Forwarded-For: 127.0.0.1'],
    ],
  },
  {
    name: 'spellings of a decided name with other signs reach the service',
    headers: lies,
    status: 200,
    text: 'served',
    checked: ['X-User: root', 'X_user: root', 'X.user: root'],
    served: ['X-User: boss', '!X-User: root', 'X_user: root', 'X.user: root'],
  },
  {
    name: 'underscoreHeadersStrategy removes those with _ alone',
    entryPoint: 'underscores',
    headers: lies,
    status: 200,
    text: 'served',
    checked: ['!X_user: root', 'X.user: root'],
    served: ['X-User: boss', '!X_user: root', 'X.user: root'],
  },
  {
    name: 'aliasHeadersStrategy removes all of them',
    entryPoint: 'aliases',
    headers: lies,
    status: 200,
    text: 'served',
    checked: ['!X_user: root', '!X.user: root'],
    served: ['X-User: boss', '!X_user: root', '!X.user: root'],
  },
  {
    name: 'authResponseHeadersRegex removes all of them after the check',
    check: 'regex',
    headers: lies,
    status: 200,
    text: 'served',
    checked: ['X_user: root', 'X.user: root'],
    served: ['X-User: boss', '!X_user: root', '!X.user: root'],
  },
  {
    name: 'headers that Connection names are removed before the check',
    headers: [
      ...credentials,
      'Connection',
      'Authorization, X-User, X-Trace',
      'X-Trace',
      'a',
      'X-User',
      'root',
    ],
    status: 200,
    text: 'served',
    checked: [`!Authorization: ${authorization}`, '!X-Trace: a', '!X-User: root'],
    served: ['Authorization: Bearer token', 'X-User: boss', '!X-Trace: a'],
  },
  {
    name: 'the path is cleaned before the check',
    path: 'a//b/../c',
    status: 200,
    text: 'served',
    checked: ['X-Forwarded-Uri: /plain/a/c'],
    served: ['GET /plain/a/c'],
  },
  {
    name: 'a semicolon in the query becomes an ampersand before the check',
    path: '1?a=1;b=2',
    status: 200,
    text: 'served',
    checked: ['X-Forwarded-Uri: /plain/1?a=1&b=2'],
    served: ['GET /plain/1?a=1&b=2'],
  },
  {
    name: 'header names become canonical',
    headers: ['x-trace-ID', 'a'],
    status: 200,
    text: 'served',
    checked: ['X-Trace-Id: a'],
    served: ['X-Trace-Id: a'],
  },
  {
    name: 'a refusal reaches the caller whole',
    answer: { status: 403, body: 'a refusal' },
    status: 403,
    text: 'a refusal',
    checked: [],
  },
  {
    name: 'a refusal larger than maxResponseBodySize is an empty 401',
    check: 'small',
    answer: { status: 403, body: '123456789' },
    status: 401,
    text: '',
    checked: [],
  },
  {
    name: 'a forward-auth server that is down is an empty 500',
    check: 'down',
    status: 500,
    text: '',
  },
  {
    name: 'what a caller says of itself is not passed on',
    headers: ['X-Forwarded-For', '9.9.9.9', 'X-Forwarded-Host', 'lie.example', 'X-Forwarded-Uri', '/lie'],
    status: 200,
    text: 'served',
    checked: ['X-Forwarded-For: 127.0.0.1', 'X-Forwarded-Host: a.example', 'X-Forwarded-Uri: /plain/1'],
    served: ['X-Forwarded-For: 127.0.0.1', 'X-Forwarded-Host: a.example'],
  },
  {
    name: 'what a trusted peer says of a caller reaches a check that trusts it',
    entryPoint: 'trusting',
    check: 'trusting',
    headers: ['X-Forwarded-Host', 'first.example', 'X-Forwarded-Uri', '/first'],
    status: 200,
    text: 'served',
    checked: ['X-Forwarded-Host: first.example', 'X-Forwarded-Uri: /first'],
    served: ['X-Forwarded-Host: first.example'],
  },
  {
    name: 'a WebSocket works',
    transport: 'upgrade',
    headers: [...credentials, 'Connection', 'Upgrade'],
    status: 101,
    text: 'there and back',
    checked: [`Authorization: ${authorization}`, '!Upgrade: websocket'],
    served: ['Authorization: Bearer token', 'Connection: Upgrade', 'Upgrade: websocket'],
  },
  {
    name: 'HTTP/2 works',
    transport: 'http2',
    method: 'POST',
    headers: credentials,
    body: 'a body',
    status: 200,
    text: 'served',
    checked: [`Authorization: ${authorization}`, 'X-Forwarded-Host: a.example'],
    served: ['POST /plain/1', 'Authorization: Bearer token', 'Host: a.example'],
  },
];
