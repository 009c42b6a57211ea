import type { CaseRequest, MiddlewareCase } from './cases.ts';

// Middlewares that change bodies and responses of servers.

/** A request for a body of 4 KiB, or another one. */
const accepting = (encodings: string | undefined, target = '/big', differs?: string): CaseRequest => ({
  target,
  ...(encodings !== undefined && { headers: { 'Accept-Encoding': encodings } }),
  ...(differs !== undefined && { differs }),
});

const page = { service: 'pages', query: '/page-{status}?from={url}&was={originalStatus}' };

const compressions: readonly MiddlewareCase[] = [
  {
    name: 'compress',
    middlewares: { a: { compress: {} } },
    requests: [
      ...['gzip', 'br', 'gzip, br', 'br;q=0.5, gzip', 'br;q=0, gzip', 'gzip;q=0', 'identity', 'deflate'],
      ...['identity;q=0', '*;q=0', 'gzip;q=0.8, br;q=0.9', 'gzip;q=nonsense', undefined],
    ]
      .map((encodings) => accepting(encodings))
      .concat(accepting('GZIP', '/big', 'Names of codings are case-insensitive (RFC 9110 section 8.4.1).')),
  },
  {
    name: 'compress: what is left as it is',
    middlewares: { a: { compress: {} } },
    requests: [
      accepting('gzip', '/'),
      accepting('gzip', '/big-encoded'),
      accepting('gzip', '/big-etag'),
      accepting('gzip', '/big-weak-etag'),
      accepting('gzip', '/big-ranges'),
      accepting('gzip', '/big-vary', 'Accept-Encoding is the last name in Vary.'),
      accepting('gzip', '/big-grpc'),
      { ...accepting('gzip'), method: 'HEAD' },
    ],
  },
  {
    name: 'compress: options',
    middlewares: {
      a: { compress: { minResponseBodyBytes: 1, defaultEncoding: 'gzip', encodings: ['br', 'gzip'] } },
    },
    requests: [
      accepting(undefined, '/big', 'Traefik documents defaultEncoding, and only adds Vary.'),
      accepting('', '/'),
      accepting('gzip, br', '/'),
      accepting('zstd'),
    ],
  },
  {
    name: 'compress: excluded types',
    middlewares: { a: { compress: { excludedContentTypes: ['application/json', 'image/*'] } } },
    requests: [accepting('gzip', '/big-json'), accepting('gzip', '/big-png'), accepting('gzip', '/big-html')],
  },
  {
    name: 'compress: included types',
    middlewares: { a: { compress: { includedContentTypes: ['application/json'] } } },
    requests: [accepting('gzip', '/big-json'), accepting('gzip', '/big-html')],
  },
];

const errorPages: readonly MiddlewareCase[] = [
  {
    name: 'errors',
    middlewares: { a: { errors: { status: ['500-503', '404', '410'], ...page } } },
    requests: [
      '/status-500',
      '/status-503?a=b',
      '/status-504',
      '/status-404',
      '/status-410',
      '/status-200',
    ].map((target) => ({ target })),
  },
  {
    name: 'errors: rewritten status',
    middlewares: {
      a: { errors: { status: ['400-599'], statusRewrites: { '418': 404, '500-599': 500 }, ...page } },
    },
    requests: ['/status-418', '/status-502', '/status-403'].map((target) => ({ target })),
  },
  {
    name: 'errors: a refusal of a later middleware',
    middlewares: {
      a: { errors: { status: ['403'], ...page } },
      b: { ipAllowList: { sourceRange: ['192.0.2.1'] } },
    },
    requests: [{ target: '/private' }],
  },
  {
    name: 'errors: HEAD',
    middlewares: { a: { errors: { status: ['500'], ...page } } },
    requests: [{ target: '/status-500', method: 'HEAD' }],
  },
];

const buffers: readonly MiddlewareCase[] = [
  {
    name: 'buffering: limits',
    middlewares: { a: { buffering: { maxRequestBodyBytes: 10, maxResponseBodyBytes: 100 } } },
    requests: [
      { target: '/', method: 'POST', body: '0123456789' },
      { target: '/', method: 'POST', body: '0123456789a' },
      { target: '/big', differs: 'The refusal is a problem document.' },
      { target: '/status-404' },
    ],
  },
];

const lostHeaders =
  "Traefik leaves out the headers of a response after a retry for its status; here they are the server's.";

const retries: readonly MiddlewareCase[] = [
  {
    name: 'retry: a connection that breaks off',
    middlewares: { a: { retry: { attempts: 2 } } },
    requests: [{ target: '/breaks-1' }, { target: '/status-503' }],
  },
  {
    name: 'retry: status codes',
    middlewares: { a: { retry: { attempts: 2, status: ['503'] } } },
    requests: [
      { target: '/unavailable-1', differs: lostHeaders },
      { target: '/unavailable-2', method: 'PUT', body: 'body', differs: lostHeaders },
      { target: '/status-500' },
    ],
  },
];

export const responseCases: readonly MiddlewareCase[] = [
  ...compressions,
  ...errorPages,
  ...buffers,
  ...retries,
];
