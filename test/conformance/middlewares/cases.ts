/** A request to a route with some middlewares. */
export interface MiddlewareCase {
  readonly name: string;
  /** `http.middlewares` of one kind each; the route has them in this order. */
  readonly middlewares: Readonly<Record<string, object>>;
  readonly requests: readonly CaseRequest[];
}

export interface CaseRequest {
  /** Default: `GET`. */
  readonly method?: string;
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: none. */
  readonly body?: string;
  /** Reason why grantgate responds differently from Traefik; undefined: it does not. */
  readonly differs?: string;
}

const cors = {
  accessControlAllowMethods: ['GET', 'OPTIONS', 'PUT'],
  accessControlAllowHeaders: ['*'],
  accessControlAllowOriginList: ['https://foo.bar.org', 'https://example.org'],
  accessControlMaxAge: 100,
  addVaryHeader: true,
};
const preflight = { Origin: 'https://example.org', 'Access-Control-Request-Method': 'PUT' };
const get = (...targets: readonly string[]): readonly CaseRequest[] => targets.map((target) => ({ target }));

/** A match of an expression in a path, and the result of its replacement. */
const expression = (regex: string, replacement: string, ...targets: readonly string[]): MiddlewareCase => ({
  name: `replacePathRegex: ${regex} by ${replacement}`,
  middlewares: { a: { replacePathRegex: { regex, replacement } } },
  requests: get(...targets),
});

const expressions: readonly MiddlewareCase[] = [
  expression('^/whoami/(.*)', '/who-am-i/$1', '/whoami/and/whoami', '/whoami/a%20b?c=d', '/other'),
  expression('/whoami', '/who-am-i', '/whoami/and/whoami'),
  expression(
    '^(?i)/downloads/([^/]+)/([^/]+)$',
    '/downloads/$1-$2',
    '/Downloads/src/source.go',
    '/downloads/a',
  ),
  expression('/aaa/bbb', '/foo%20bar', '/aaa/bbb'),
  expression('/aaa%20bbb', '/foo', '/aaa%20bbb', '/aaa bbb'.replace(' ', '+')),
  expression('^/foo/(.*)', '/$1', '/foo/%08bar', '/foo/', '/foo'),
  expression('^/api(/.*)?$', '$1', '/api/orders', '/api'),
  expression('^/x', 'y', '/x/a'),
  expression('^/x', '', '/x/a', '/xa', '/x'),
  expression('(a|ab)(c|bcd)(d*)', '($1,$2,$3)', '/abcd', '/acd'),
  expression('(a+)(b+?)(b*)', '${3}-${2}-$1', '/aabbb'),
  expression('(?:(a)|(b)|c)+', '[$1$2]', '/abc'),
  expression('(?P<first>[a-z]+)/(?<second>\\d+)', '$second/${first}', '/ab/12', '/ab/12/cd/34'),
  expression('x*$', '!', '/axx'),
  expression('\\b', '.', '/ab/c'),
  expression('^', '/p', '/ab'),
  expression('.', '$01$00', '/a'),
  expression(' ^/trim ', ' /t ', '/trim/a'),
  expression('.*', '', '/a'),
  expression('/q', '/a?b', '/q?c=d'),
];

const redirect = (regex: string, replacement: string, more: object = {}) => ({
  a: { redirectRegex: { regex, replacement, ...more } },
});

/** Empty matches and groups, which treat a URL only as text. */
const matches: readonly MiddlewareCase[] = [
  ['(a*)*', '/_$1_'],
  ['(a*)+', '/_${1}_'],
  ['(|a)*', '/_$1'],
  ['(|a)+', '/_$1'],
  ['(a|b)*c|(a|ab)*c', '/_$1,$2'],
  ['(?U)(p+)(p*)', '$2-$1'],
  ['(?:(a)|(p)|i)+', '[$1$2]'],
  ['p?', '/-'],
  ['(?:p??)(p*?)l', '($1)'],
  ['(a)', '/$$1$1x${1}x$2${none}$ ${1$'],
  ['\\b|x*', '/.'],
].map(([regex = '', replacement = '']) => ({
  name: `redirectRegex: ${regex} by ${replacement}`,
  middlewares: redirect(regex, replacement),
  requests: get('/aab/ppl'),
}));

export const cases: readonly MiddlewareCase[] = [
  ...expressions,
  ...matches,
  {
    name: 'redirectRegex',
    middlewares: redirect('^http://api\\.example(:\\d+)?/(.*)$', 'https://new.example/${2}'),
    requests: [
      ...get('/', '/a/b?c=d', '/a%20b', '/%C3%A4'),
      { method: 'POST', target: '/a' },
      { method: 'HEAD', target: '/a' },
      { target: '/a', headers: { Host: 'api.example:8000' } },
      { target: '/a', headers: { Host: 'other.example' } },
      { target: '/a', headers: { 'X-Forwarded-Proto': 'https' } },
    ],
  },
  {
    name: 'redirectRegex: permanent',
    middlewares: redirect('^http://', 'HTTPS://$1', { permanent: true }),
    requests: [{ target: '/a' }, { method: 'POST', target: '/a' }],
  },
  {
    name: 'redirectRegex: to the URL itself',
    middlewares: redirect('^(.*)$', '$1'),
    requests: get('/a?b'),
  },
  {
    name: 'redirectRegex: to a path, with characters that are encoded',
    middlewares: redirect('^http://[^/]+/(.*)$', '/new place/ä?q=a b#ü|$1'),
    requests: [{ target: '/a', differs: 'a space in a query is encoded, as RFC 3986 demands' }],
  },
  {
    name: 'redirectRegex: to a host that is not valid',
    middlewares: redirect('^(.*)$', 'http://192.168.0.%31/'),
    requests: get('/'),
  },
  {
    name: 'redirectRegex: behind stripPrefix and a new host',
    middlewares: {
      h: { headers: { customRequestHeaders: { Host: 'new.example' } } },
      s: { stripPrefix: { prefixes: ['/api'] } },
      ...redirect('^http://(.*)$', 'https://$1'),
    },
    requests: get('/api/a', '/b'),
  },
  {
    name: 'redirectScheme: behind stripPrefix and a new host',
    middlewares: {
      h: { headers: { customRequestHeaders: { Host: 'new.example' } } },
      s: { stripPrefix: { prefixes: ['/api'] } },
      r: { redirectScheme: { scheme: 'https' } },
    },
    requests: get('/api/a', '/b'),
  },
  {
    name: 'stripPrefixRegex',
    middlewares: {
      a: {
        stripPrefixRegex: { regex: ['/a/api/', '/b/([a-z0-9]+)/', '/c/[a-z0-9]+/[0-9]+/', '^/ä/x y', '/d*'] },
      },
    },
    requests: [
      ...get(
        '/a/test',
        '/a/test/',
        '/a/api/',
        '/a/api/test',
        '/a/api/test/',
        '/b/api/',
        '/b/api',
        '/b/api/test1',
      ),
      ...get('/b/api2/test2', '/c/api/123/', '/c/api/123', '/c/api/123/test3', '/c/api/abc/test4'),
      ...get('/a/api/a%2Bb', '/%C3%A4/x%20y/z', '/ddd/e?f'),
    ],
  },
  {
    name: 'stripPrefixRegex: a path that could leave the route',
    middlewares: { a: { stripPrefixRegex: { regex: ['^/api[0-9]?'] } } },
    requests: [
      ...get('/api/../x', '/api1..x', '/api.x'),
      { target: '/api./x', differs: 'a refusal has other headers' },
      { target: '/api..', differs: 'a refusal has other headers' },
    ],
  },
  {
    name: 'encodedCharacters',
    middlewares: { a: { encodedCharacters: { allowEncodedSlash: false } } },
    requests: get('/a', '/a%20b', '/a?b=%2F').concat(
      ['%3B', '%3b', '%25', '%3F', '%23'].map((code) => ({ target: `/a${code}b` })),
    ),
  },
  {
    name: 'encodedCharacters: some allowed',
    middlewares: { a: { encodedCharacters: { allowEncodedSemicolon: true, allowEncodedHash: true } } },
    requests: get('/a%3bb', '/a%23b', '/a%25b'),
  },
  {
    name: 'headers: custom',
    middlewares: {
      a: {
        headers: {
          customRequestHeaders: { 'X-Script-Name': 'test', 'X-Gone': '', Host: 'internal.example' },
          customResponseHeaders: { 'X-Custom': 'value', 'X-Server': '' },
        },
      },
    },
    requests: [
      ...get('/', '/path?x=1'),
      { target: '/', headers: { 'X-Script-Name': 'mine', 'X-Gone': 'here', 'X-Stays': 'yes' } },
      { method: 'POST', target: '/' },
    ],
  },
  {
    name: 'headers: CORS',
    middlewares: { a: { headers: cors } },
    requests: [
      { target: '/' },
      { target: '/', headers: { Origin: 'https://example.org' } },
      { target: '/', headers: { Origin: 'https://evil.example' } },
      { target: '/vary', headers: { Origin: 'https://foo.bar.org' } },
      { method: 'OPTIONS', target: '/', headers: preflight },
      { method: 'OPTIONS', target: '/', headers: { ...preflight, Origin: 'https://evil.example' } },
      { method: 'OPTIONS', target: '/', headers: { Origin: 'https://example.org' } },
      { method: 'GET', target: '/', headers: preflight },
    ],
  },
  {
    name: 'headers: CORS with expressions, credentials and exposed headers',
    middlewares: {
      a: {
        headers: {
          accessControlAllowOriginListRegex: ['^https://[a-z]+\\.example\\.org$'],
          accessControlAllowCredentials: true,
          accessControlExposeHeaders: ['X-One', 'X-Two'],
        },
      },
    },
    requests: [
      { target: '/', headers: { Origin: 'https://www.example.org' } },
      { target: '/', headers: { Origin: 'https://www.example.org.evil' } },
      { method: 'OPTIONS', target: '/', headers: { ...preflight, Origin: 'https://www.example.org' } },
    ],
  },
  {
    name: 'headers: every origin',
    middlewares: { a: { headers: { accessControlAllowOriginList: ['*'] } } },
    requests: [
      { target: '/' },
      { target: '/', headers: { Origin: 'null' } },
      { target: '/', headers: { Origin: 'https://a.b' } },
    ],
  },
  {
    name: 'headers: security',
    middlewares: {
      a: {
        headers: {
          frameDeny: true,
          contentTypeNosniff: true,
          browserXssFilter: true,
          contentSecurityPolicy: "default-src 'self'",
          contentSecurityPolicyReportOnly: "default-src 'none'",
          referrerPolicy: 'same-origin',
          permissionsPolicy: 'geolocation=()',
          publicKey: 'pin',
          stsSeconds: 31536000,
          stsIncludeSubdomains: true,
          stsPreload: true,
        },
      },
    },
    requests: get('/', '/secured'),
  },
  {
    name: 'headers: security, forced and custom',
    middlewares: {
      a: {
        headers: {
          frameDeny: true,
          customFrameOptionsValue: 'SAMEORIGIN',
          browserXssFilter: true,
          customBrowserXSSValue: '0',
          stsSeconds: 60,
          forceSTSHeader: true,
          customResponseHeaders: { 'X-Frame-Options': 'ALLOW-FROM a' },
        },
      },
    },
    requests: get('/'),
  },
  {
    name: 'headers: allowed hosts',
    middlewares: { a: { headers: { allowedHosts: ['api.example', 'Other.Example:8080'] } } },
    requests: [
      { target: '/' },
      { target: '/', headers: { Host: 'other.example:8080' } },
      { target: '/', headers: { Host: 'api.example:8080' }, differs: 'a refusal has other headers' },
      { target: '/', headers: { Host: 'evil.example' }, differs: 'a refusal has other headers' },
    ],
  },
  {
    name: 'headers: two of them',
    middlewares: {
      outer: {
        headers: { customRequestHeaders: { 'X-A': 'outer' }, customResponseHeaders: { 'X-B': 'outer' } },
      },
      inner: {
        headers: { customRequestHeaders: { 'X-A': 'inner' }, customResponseHeaders: { 'X-B': 'inner' } },
      },
    },
    requests: get('/'),
  },
  {
    name: 'contentType',
    middlewares: { a: { contentType: {} } },
    requests: [
      ...get('/', '/typed', '/encoded', '/empty', '/page', '/image', '/binary'),
      { method: 'HEAD', target: '/page' },
    ],
  },
  {
    name: 'contentType: off',
    middlewares: { a: { contentType: { autoDetect: false } } },
    requests: get('/page', '/typed'),
  },
  {
    name: 'contentType: behind headers that set the type, and before them',
    middlewares: {
      a: { headers: { customResponseHeaders: { 'X-Custom': 'outer' } } },
      b: { contentType: {} },
      c: { headers: { customResponseHeaders: { 'Content-Type': 'text/css' } } },
    },
    requests: get('/page'),
  },
  {
    name: 'stripPrefix',
    middlewares: { a: { stripPrefix: { prefixes: ['/stat', '/st at', '/stät', '/x/'] } } },
    requests: [
      ...get(
        '/foo',
        '/stat',
        '/stat/',
        '/stat/us',
        '/status',
        '/stat/us?a=/stat',
        '/st%20at/us',
        '/st%C3%A4t/a%20b',
      ),
      ...get('/x/y', '/x', '/x/', '/stat/a%2Bb', '/%73tat/us'),
      {
        target: '/stat',
        headers: { 'X-Forwarded-Prefix': '/forged' },
      },
    ],
  },
  {
    name: 'stripPrefix: two of them',
    middlewares: { a: { stripPrefix: { prefixes: ['/a'] } }, b: { stripPrefix: { prefixes: ['/b'] } } },
    requests: get('/a/b/c', '/b/a', '/a'),
  },
  {
    name: 'addPrefix',
    middlewares: { a: { addPrefix: { prefix: '/a' } } },
    requests: get('/', '/b', '/b?c=d', '/b%20c', '/b/'),
  },
  {
    name: 'addPrefix: without a slash',
    middlewares: { a: { addPrefix: { prefix: 'a' } } },
    requests: get('/b'),
  },
  {
    name: 'addPrefix: characters that are encoded',
    middlewares: { a: { addPrefix: { prefix: '/a b/ä' } } },
    requests: get('/c'),
  },
  {
    name: 'replacePath',
    middlewares: { a: { replacePath: { path: '/new' } } },
    requests: [
      ...get('/old', '/old?x=1', '/old%20one'),
      {
        target: '/a',
        headers: { 'X-Replaced-Path': '/forged' },
        differs: "a caller's X-Replaced-Path is replaced",
      },
    ],
  },
  {
    name: 'replacePath: without a slash',
    middlewares: { a: { replacePath: { path: 'new' } } },
    requests: [{ target: '/old', differs: 'a slash is added, where Traefik refuses every request' }],
  },
  {
    name: 'replacePath: encoded',
    middlewares: { a: { replacePath: { path: '/n%20w' } } },
    requests: get('/old'),
  },
  {
    name: 'strip, then add',
    middlewares: { a: { stripPrefix: { prefixes: ['/api'] } }, b: { addPrefix: { prefix: '/v2' } } },
    requests: get('/api/orders', '/api', '/other'),
  },
  {
    name: 'redirectScheme',
    middlewares: { a: { redirectScheme: { scheme: 'https' } } },
    requests: [
      ...get('/', '/a/b?c=d', '/a%20b'),
      { method: 'POST', target: '/' },
      { method: 'HEAD', target: '/' },
      { target: '/', headers: { Host: 'api.example:8000' } },
      { target: '/', headers: { Host: 'api.example:443' } },
    ],
  },
  {
    name: 'redirectScheme: permanent, with a port',
    middlewares: { a: { redirectScheme: { scheme: 'https', port: '8443', permanent: true } } },
    requests: [{ target: '/a' }, { method: 'PUT', target: '/a' }, { method: 'HEAD', target: '/a' }],
  },
  {
    name: 'redirectScheme: the usual port',
    middlewares: { a: { redirectScheme: { scheme: 'https', port: '443' } } },
    requests: get('/'),
  },
  {
    name: 'redirectScheme: to the scheme that is used',
    middlewares: { a: { redirectScheme: { scheme: 'http' } } },
    requests: [
      { target: '/' },
      { target: '/', headers: { Host: 'api.example:80' } },
      { target: '/', headers: { Host: 'api.example:81' } },
    ],
  },
  {
    name: 'ipAllowList: allowed',
    middlewares: { a: { ipAllowList: { sourceRange: ['127.0.0.1/8', '::1'] } } },
    requests: get('/'),
  },
  {
    name: 'ipAllowList: not allowed',
    middlewares: { a: { ipAllowList: { sourceRange: ['192.0.2.0/24'], rejectStatusCode: 404 } } },
    requests: get('/'),
  },
  {
    name: 'ipAllowList: by X-Forwarded-For of a caller that is not trusted',
    middlewares: { a: { ipAllowList: { sourceRange: ['192.0.2.0/24'], ipStrategy: { depth: 1 } } } },
    requests: [{ target: '/', headers: { 'X-Forwarded-For': '192.0.2.1' } }],
  },
  {
    name: 'rateLimit',
    middlewares: { a: { rateLimit: { average: 1, period: '1h', burst: 2 } } },
    requests: get('/', '/', '/', '/'),
  },
  {
    name: 'rateLimit: by a header',
    middlewares: {
      a: { rateLimit: { average: 1, period: '1h', sourceCriterion: { requestHeaderName: 'X-Key' } } },
    },
    requests: ['a', 'b', 'a', 'b'].map((key) => ({ target: '/', headers: { 'X-Key': key } })),
  },
  {
    name: 'rateLimit: none',
    middlewares: { a: { rateLimit: { burst: 1 } } },
    requests: get('/', '/', '/'),
  },
  {
    name: 'inFlightReq',
    middlewares: { a: { inFlightReq: { amount: 1 } } },
    requests: get('/', '/'),
  },
  {
    name: 'a redirect behind headers',
    middlewares: {
      a: { headers: { customResponseHeaders: { 'X-Custom': 'value' } } },
      b: { redirectScheme: { scheme: 'https' } },
    },
    requests: get('/'),
  },
  {
    name: 'a refusal behind headers',
    middlewares: {
      a: { headers: { customResponseHeaders: { 'X-Custom': 'value' } } },
      b: { ipAllowList: { sourceRange: ['192.0.2.1'] } },
    },
    requests: get('/'),
  },
];
