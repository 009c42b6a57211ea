import type { MiddlewareCase } from './cases.ts';

export const forwardAuthCases: readonly MiddlewareCase[] = [
  {
    name: 'forwardAuth: passes',
    middlewares: {
      a: {
        forwardAuth: { address: '{service}/auth/pass', authResponseHeaders: ['X-Auth-User', 'X-Auth-None'] },
      },
    },
    requests: [
      { target: '/orders?id=7' },
      { target: '/', headers: { 'X-Auth-User': 'forged', 'X-Auth-None': 'forged', 'X-Kept': 'yes' } },
      { method: 'POST', target: '/' },
      { target: '/', headers: { 'X-Forwarded-Uri': '/said', 'X-Forwarded-Method': 'PUT' } },
      {
        target: '/',
        headers: { 'X-Forwarded-Prefix': '/said' },
      },
    ],
  },
  {
    name: 'forwardAuth: by an expression',
    middlewares: {
      a: { forwardAuth: { address: '{service}/auth/pass', authResponseHeadersRegex: '^X-Auth-' } },
    },
    requests: [{ target: '/', headers: { 'X-Auth-Group': 'forged', 'X-Author': 'kept' } }],
  },
  {
    name: 'forwardAuth: refuses',
    middlewares: { a: { forwardAuth: { address: '{service}/auth/deny' } } },
    requests: [{ target: '/' }, { target: '/x' }],
  },
  {
    name: 'forwardAuth: redirects',
    middlewares: { a: { forwardAuth: { address: '{service}/auth/redirect' } } },
    requests: [{ target: '/' }],
  },
  {
    name: 'forwardAuth: leaves Location',
    middlewares: {
      a: { forwardAuth: { address: '{service}/auth/redirect', preserveLocationHeader: true } },
    },
    requests: [{ target: '/' }],
  },
  {
    name: 'forwardAuth: redirects to the sign-in page',
    middlewares: {
      a: { forwardAuth: { address: '{service}/auth/deny', authSigninURL: 'https://login.example/' } },
    },
    requests: [{ target: '/' }],
  },
  {
    name: 'forwardAuth: sends some headers',
    middlewares: {
      a: {
        forwardAuth: {
          address: '{service}/auth/pass',
          authRequestHeaders: ['X-Key'],
          trustForwardHeader: false,
          preserveRequestMethod: true,
        },
      },
    },
    requests: [{ method: 'DELETE', target: '/', headers: { 'X-Key': 'k', 'X-Other': 'o' } }],
  },
  {
    name: 'forwardAuth: behind stripPrefix, with trustForwardHeader',
    middlewares: {
      a: { stripPrefix: { prefixes: ['/api'] } },
      b: { forwardAuth: { address: '{service}/auth/pass', trustForwardHeader: true } },
    },
    requests: [{ target: '/api/orders' }, { target: '/api/orders', headers: { 'X-Forwarded-Uri': '/said' } }],
  },
  {
    name: 'forwardAuth: cannot be reached',
    middlewares: { a: { forwardAuth: { address: 'http://127.0.0.1:1/' } } },
    requests: [{ target: '/' }],
  },
];
