import type { RefusalCode } from '@grantgate/middleware/decision/refusal-code';
import type { ConformanceCase, ConformanceMiddleware, ExpectedPass, ExpectedRefusal } from './case.ts';

// The only table of cases: options of a middleware, request of a caller, expected result. It contains only data; `runCases` sends
// it through an integration.

const forwardHeaders = { Group: 'grp', 'X-Missing': 'nope' };
const own = { clientID: 'gateway', clientSecret: 'gateway-secret' };
const once = { clientConfig: { maxRetries: 0 } };

export const middlewares: Readonly<Record<string, ConformanceMiddleware>> = {
  plain: { endpoint: 'real', options: {} },
  admins: {
    endpoint: 'real',
    options: { claims: 'Equals(`grp`, `admin`)', forwardHeaders, usernameClaim: 'client_id' },
  },
  readers: {
    endpoint: 'real',
    options: { claims: 'SplitContains(`permissions`, ` `, `orders:read`) && !Equals(`suspended`, `true`)' },
  },
  headers: {
    endpoint: 'real',
    options: {
      forwardHeaders: {
        'X-Level': 'level',
        'X-Active': 'active',
        'X-Nothing': 'nothing',
        'X-Tags': 'tags',
        'X-User': 'user',
        'X-First': 'user.first\\.name',
        'X-Dotted': 'a\\.b',
        'X-Audience': 'aud',
        'X-Expires': 'exp',
        X_Under: 'grp',
      },
      usernameClaim: 'user.name',
    },
  },
  audience: {
    endpoint: 'real',
    options: { audience: 'https://orders.example.com', forwardHeaders: { 'X-Audience': 'aud' } },
  },
  gateway: { endpoint: 'real', options: { ...own, forwardHeaders, usernameClaim: 'nope' } },
  'gateway-not-admin': { endpoint: 'real', options: { ...own, claims: 'Equals(`grp`, `admin`)' } },
  'gateway-refused': { endpoint: 'real', options: { ...own, clientSecret: 'other-secret' } },
  'gateway-closed': { endpoint: 'closed', options: { ...own, ...once } },
  closed: { endpoint: 'closed', options: once },
  busy: { endpoint: 'busy', options: once },
  failing: { endpoint: 'failing', options: once },
  // The endpoint never responds: the test waits for the time-out, whatever its value.
  silent: { endpoint: 'silent', options: { clientConfig: { maxRetries: 0, timeoutSeconds: 0.05 } } },
  rejecting: { endpoint: 'rejecting', options: once },
  garbled: { endpoint: 'garbled', options: once },
  misleading: { endpoint: 'misleading', options: { forwardHeaders } },
};

const raw = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const basic = (id: string, secret = `${id}-secret`): string => raw(`${id}:${secret}`);
const as = (id: string, ...headers: string[]): readonly string[] => ['Authorization', basic(id), ...headers];

const pass = (clientId: string, more: Omit<ExpectedPass, 'passes' | 'clientId'> = {}): ExpectedPass => ({
  passes: true,
  clientId,
  ...more,
});
const refuse = (status: number, code: RefusalCode, retryAfter?: string): ExpectedRefusal => ({
  passes: false,
  status,
  code,
  challenge: status === 401,
  retryAfter,
});
const admin = pass('admin', { headers: { group: 'admin', 'x-missing': '' }, username: 'admin' });
const missing = refuse(401, 'credentials_missing');
const malformed = refuse(401, 'credentials_malformed');
const refused = refuse(401, 'credentials_refused');

/** Headers with which a caller may impersonate another caller. */
const spoofed: Readonly<Record<string, readonly string[]>> = {
  'as the claim has it': ['Group', 'root'],
  'in another letter case': ['gROUP', 'root'],
  twice: ['Group', 'root', 'group', 'root'],
  'for a claim that is missing': ['X-Missing', 'root'],
  'with _ for -': ['X_Missing', 'root'],
  'with _ for - in capitals': ['X_MISSING', 'root'],
};

export const cases: readonly ConformanceCase[] = [
  // The caller's credentials.
  { name: 'no credentials are asked for', middleware: 'plain', request: {}, expected: missing },
  {
    name: 'an empty Authorization is no credentials',
    middleware: 'plain',
    request: { headers: ['Authorization', ''] },
    expected: missing,
  },
  {
    name: 'a Bearer token is no credentials',
    middleware: 'plain',
    request: { headers: ['Authorization', 'Bearer eyJhbGciOiJub25lIn0.e30.'] },
    expected: missing,
  },
  {
    name: 'what is not Base64 is malformed',
    middleware: 'plain',
    request: { headers: ['Authorization', 'Basic !!'] },
    expected: malformed,
  },
  {
    name: 'Basic without anything is malformed',
    middleware: 'plain',
    request: { headers: ['Authorization', 'Basic'] },
    expected: malformed,
  },
  {
    name: 'credentials without a colon are malformed',
    middleware: 'plain',
    request: { headers: ['Authorization', raw('admin')] },
    expected: malformed,
  },
  {
    name: 'an empty client ID is malformed',
    middleware: 'plain',
    request: { headers: ['Authorization', raw(':admin-secret')] },
    expected: malformed,
  },
  {
    name: 'a control character is malformed',
    middleware: 'plain',
    request: { headers: ['Authorization', raw('admin:a\u0000-secret')] },
    expected: malformed,
  },
  {
    name: 'two Authorization headers are malformed, not a choice',
    middleware: 'plain',
    request: { headers: [...as('admin'), 'authorization', basic('tester')] },
    expected: malformed,
  },
  {
    name: 'good credentials pass',
    middleware: 'plain',
    request: { headers: as('admin') },
    expected: pass('admin'),
  },
  {
    name: 'good credentials pass again, from memory',
    middleware: 'plain',
    request: { headers: as('admin') },
    expected: pass('admin'),
  },
  {
    name: 'the letter case of the scheme and of the header is free',
    middleware: 'plain',
    request: { headers: ['aUTHORIZATION', basic('admin').replace('Basic', 'bASIC')] },
    expected: pass('admin'),
  },
  {
    name: 'padding may be missing',
    middleware: 'plain',
    request: { headers: ['Authorization', basic('tester').replace(/=+$/, '')] },
    expected: pass('tester'),
  },
  {
    name: 'a client ID and secret with colons, spaces and signs pass',
    middleware: 'plain',
    request: { headers: ['Authorization', basic('orders/1 +%', 'a: b+%&"-secret')] },
    expected: pass('orders/1 +%'),
  },
  {
    name: 'a wrong secret is refused',
    middleware: 'plain',
    request: { headers: ['Authorization', basic('admin', 'wrong-secret')] },
    expected: refused,
  },
  {
    name: 'an unknown client is refused',
    middleware: 'plain',
    request: { headers: as('nobody') },
    expected: refused,
  },
  {
    name: 'an opaque token passes where no claims are asked for',
    middleware: 'plain',
    request: { headers: as('opaque') },
    expected: pass('opaque'),
  },
  // Methods, targets and bodies make no difference.
  ...['HEAD', 'OPTIONS', 'POST', 'DELETE'].map((method): ConformanceCase => ({
    name: `${method} is asked for credentials too`,
    middleware: 'plain',
    request: { method, ...(method === 'POST' && { body: '{"a":1}' }) },
    expected: missing,
  })),
  {
    name: 'a body reaches the protected side unchanged',
    middleware: 'admins',
    request: {
      method: 'POST',
      headers: as('admin', 'Content-Type', 'text/plain'),
      body: 'ünïcode'.repeat(2000),
    },
    expected: pass('admin', { headers: { 'content-type': 'text/plain' }, username: 'admin' }),
  },
  {
    name: 'path and query do not decide',
    middleware: 'admins',
    request: { method: 'PUT', path: '/a/%2e/b?access_token=x&c=%00', headers: as('admin'), body: 'x' },
    expected: admin,
  },
  // Claims.
  {
    name: 'satisfied claims pass',
    middleware: 'admins',
    request: { headers: as('admin') },
    expected: admin,
  },
  {
    name: 'claims that are not satisfied are refused',
    middleware: 'admins',
    request: { headers: as('tester') },
    expected: refuse(403, 'claims_not_satisfied'),
  },
  {
    name: 'a missing claim does not satisfy',
    middleware: 'readers',
    request: { headers: as('tester') },
    expected: refuse(403, 'claims_not_satisfied'),
  },
  {
    name: 'a value in a list, and the absence of a claim, satisfy',
    middleware: 'readers',
    request: { headers: as('admin') },
    expected: pass('admin'),
  },
  {
    name: 'an opaque token is refused where claims are asked for',
    middleware: 'admins',
    request: { headers: as('opaque') },
    expected: refuse(502, 'token_opaque'),
  },
  // Headers from claims.
  {
    name: 'claims of every kind become headers',
    middleware: 'headers',
    request: { headers: as('admin') },
    expected: pass('admin', {
      headers: {
        'x-level': '7',
        'x-active': 'true',
        'x-nothing': '',
        'x-tags': 'a,b c,3',
        // UTF-8 bytes, which HTTP libraries read as Latin-1.
        'x-user': Buffer.from('{"name":"Zoë","first.name":"Z"}').toString('latin1'),
        'x-first': 'Z',
        'x-dotted': 'dotted',
        'x-audience': 'https://api.example.com',
        'x-expires': /^\d{10}$/,
        x_under: 'admin',
      },
      username: 'Zoë',
    }),
  },
  {
    name: 'claims that are all missing become empty headers',
    middleware: 'headers',
    request: { headers: as('tester', 'X-Level', '9', 'X-Tags', 'root', 'X-Under', 'root') },
    expected: pass('tester', {
      headers: {
        'x-level': '',
        'x-active': '',
        'x-tags': '',
        'x-user': '',
        x_under: 'tester',
        'x-under': undefined,
      },
    }),
  },
  ...Object.entries(spoofed).map(([how, headers]): ConformanceCase => ({
    name: `a caller cannot send a forwarded header itself: ${how}`,
    middleware: 'admins',
    request: { headers: as('admin', ...headers) },
    expected: {
      ...admin,
      headers: { ...admin.headers, x_missing: undefined },
    },
  })),
  {
    name: 'other headers of the caller pass as they are',
    middleware: 'admins',
    request: {
      headers: as('admin', 'X-Groups', 'mine', 'Accept', 'text/html', 'X-Trace', 'a', 'X-Trace', 'b'),
    },
    expected: pass('admin', {
      headers: { ...admin.headers, 'x-groups': 'mine', accept: 'text/html', 'x-trace': 'a, b' },
      username: 'admin',
    }),
  },
  {
    name: 'credentials in any other header are none',
    middleware: 'plain',
    request: { headers: ['Proxy-Authorization', basic('admin'), 'X-Authorization', basic('admin')] },
    expected: missing,
  },
  {
    name: 'the audience is asked for',
    middleware: 'audience',
    request: { headers: as('admin') },
    expected: pass('admin', { headers: { 'x-audience': 'https://orders.example.com' } }),
  },
  // The gateway's own credentials.
  {
    name: 'with credentials of its own, callers need none',
    middleware: 'gateway',
    request: {},
    expected: pass('gateway', { headers: { group: 'gateway', 'x-missing': '' } }),
  },
  {
    name: 'with credentials of its own, those of the caller never go on',
    middleware: 'gateway',
    request: { headers: as('admin', 'Group', 'root') },
    expected: pass('gateway', { headers: { group: 'gateway', 'x-missing': '' } }),
  },
  {
    name: 'its own credentials do not satisfy the claims',
    middleware: 'gateway-not-admin',
    request: {},
    expected: refuse(403, 'claims_not_satisfied'),
  },
  {
    name: 'its own credentials are refused',
    middleware: 'gateway-refused',
    request: {},
    expected: refuse(502, 'gateway_credentials_refused'),
  },
  {
    name: 'with credentials of its own, a server that is down is still down',
    middleware: 'gateway-closed',
    request: {},
    expected: refuse(503, 'authorization_server_unavailable', '5'),
  },
  // Behaviour of authorization servers.
  {
    name: 'the token endpoint refuses connections',
    middleware: 'closed',
    request: { headers: as('admin') },
    expected: refuse(503, 'authorization_server_unavailable', '5'),
  },
  {
    name: 'no credentials are no credentials, even with the server down',
    middleware: 'closed',
    request: {},
    expected: missing,
  },
  {
    name: 'the server is busy and says for how long',
    middleware: 'busy',
    request: { headers: as('admin') },
    expected: refuse(503, 'authorization_server_unavailable', '7'),
  },
  {
    name: 'the server fails',
    middleware: 'failing',
    request: { headers: as('admin') },
    expected: refuse(503, 'authorization_server_unavailable', '5'),
  },
  {
    name: 'the server does not answer in time',
    middleware: 'silent',
    request: { headers: as('admin') },
    expected: refuse(504, 'authorization_server_timeout'),
  },
  {
    name: 'the server rejects the request',
    middleware: 'rejecting',
    request: { headers: as('admin') },
    expected: refuse(502, 'token_request_rejected'),
  },
  {
    name: 'the answer of the server is none',
    middleware: 'garbled',
    request: { headers: as('admin') },
    expected: refuse(502, 'token_response_invalid'),
  },
  {
    name: 'a line break in a claim is never a header',
    middleware: 'misleading',
    request: { headers: as('admin') },
    expected: refuse(502, 'token_response_invalid'),
  },
  // The refusal itself.
  {
    name: "a refusal bears the caller's request ID",
    middleware: 'admins',
    request: { headers: ['X-Request-Id', 'order-17.a/b'] },
    expected: missing,
  },
];
