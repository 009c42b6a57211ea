// Imports point one way. Each list says what a folder may import besides itself and packages.
const middleware = {
  base: [],
  predicate: ['base'],
  claims: ['base', 'predicate'],
  token: ['base'],
  cache: ['base', 'token'],
  // cache for the shape of a store's options.
  options: ['base', 'predicate', 'claims', 'cache'],
  decision: ['base', 'predicate', 'claims', 'options'],
  // Where callers put credentials, and how they are written.
  credentials: ['base'],
  // cache for the validity of what it keeps.
  verification: ['base', 'claims', 'options', 'cache', 'credentials', 'decision'],
  // token for requests to authorization servers.
  // cache for proofs that processes remember together.
  jwt: ['base', 'claims', 'options', 'token', 'cache', 'credentials', 'decision', 'verification'],
  // token and cache for requests to authorization servers, whose responses are shared.
  // jwt for proofs of possession.
  introspection: [
    'base',
    'claims',
    'options',
    'token',
    'cache',
    'credentials',
    'decision',
    'verification',
    'jwt',
  ],
  // And what the composition gives it: the gateway's own tokens.
  exchange: ['base', 'claims', 'options', 'token', 'cache', 'credentials', 'decision', 'verification', 'jwt'],
  // And what the composition gives it.
  application: [
    'base',
    'claims',
    'options',
    'credentials',
    'decision',
    'verification',
    'jwt',
    'introspection',
    'exchange',
  ],
  outgoing: ['base', 'token', 'options'],
};
const gateway = {
  files: [],
  // Parts that stay the same from one configuration to the next; knows nothing of what they are.
  reload: [],
  secrets: ['config', 'files'],
  config: [],
  // TLS parts that listeners and configurations share.
  tls: ['config'],
  // Go templates; knows nothing of what they render. Expressions are those of rules.
  template: ['routing/regexp'],
  // http1/message for what headers of a connection mean.
  routing: ['config', 'http1/message'],
  // Hashes of passwords and keys.
  passwords: [],
  // routing for the request's facts.
  middlewares: [
    'passwords',
    'config',
    'secrets',
    'routing',
    'reload',
    'http1/client',
    'http1/message',
    'http2/client',
  ],
  // middlewares for the schemas of their kinds.
  providers: ['config', 'secrets', 'files', 'middlewares', 'reload', 'template'],
  // HTTP/1.1 as both sides read and write it; knows nothing of gateways, and neither does the client.
  'http1/message': [],
  'http1/client': ['http1/message'],
  // HTTP/2 as both sides read and write it.
  'http2/message': [],
  'http2/hpack': [],
  'http2/frames': ['http1/message'],
  'http2/endpoint': ['http2/frames', 'http2/hpack', 'http2/message', 'http1/message'],
  'http2/client': [
    'http2/endpoint',
    'http2/frames',
    'http2/hpack',
    'http2/message',
    'http1/client',
    'http1/message',
  ],
  upstream: ['config', 'http1/client', 'http1/message', 'http2/client', 'reload'],
  // routing for the request's facts alone.
  // middlewares for what steps have changed.
  proxy: ['upstream', 'routing', 'http1/client', 'http1/message', 'middlewares'],
  snapshot: ['config', 'secrets', 'routing', 'upstream', 'proxy', 'middlewares', 'reload', 'tls'],
  pipeline: ['snapshot', 'routing', 'upstream', 'proxy', 'config', 'middlewares', 'http1/message'],
  // Serves requests on the connections that entry points accept.
  // middlewares for the type of a refusal.
  'http1/server': ['http1/message', 'pipeline', 'proxy', 'middlewares', 'routing', 'config'],
  // HTTP/2 on the same connections; http1/server for what a connection has, whatever its protocol.
  'http2/server': [
    'http2/endpoint',
    'http2/frames',
    'http2/hpack',
    'http2/message',
    'http1/server',
    'http1/message',
    'pipeline',
    'proxy',
    'middlewares',
    'routing',
    'config',
  ],
  entrypoints: ['http1/server', 'http2/server', 'pipeline', 'routing', 'config', 'tls'],
  'external-auth': [
    'tls',
    'pipeline',
    'entrypoints',
    'http1/message',
    'snapshot',
    'routing',
    'proxy',
    'config',
    'middlewares',
  ],
  // snapshot for what the workers are told to drop.
  workers: ['config', 'snapshot', 'reload'],
  // providers and workers for the events that they announce.
  // admin/api for the shape of what it shows.
  // http1/message for what headers of a connection mean.
  observe: [
    'pipeline',
    'config',
    'routing',
    'snapshot',
    'providers',
    'workers',
    'middlewares',
    'admin/api',
    'http1/message',
    // The certificates that are presented.
    'tls',
  ],
  // The API reads what the other folders hold.
  // tls for the certificates that are presented.
  admin: [
    'pipeline',
    'proxy',
    'snapshot',
    'http1/message',
    'config',
    'middlewares',
    'routing',
    'upstream',
    'tls',
  ],
};
const oneWay = (root, table) =>
  Object.entries(table).map(([folder, allowed]) => ({
    name: `${root}-${folder}-imports-one-way`,
    severity: 'error',
    from: { path: `^packages/${root}/src/${folder}/`, pathNot: '\\.(test|testkit)\\.ts$' },
    to: {
      path: `^packages/${root}/src/`,
      pathNot: `^packages/${root}/src/(errors\\.ts|${folder === 'workers' ? 'start-error\\.ts|' : ''}${folder === 'application' ? '(create|process-warning|store-listener|renewal-listener|discovery-listener|keys-listener)\\.ts|cache/stores\\.ts|' : ''}${folder === 'exchange' ? 'open-tokens\\.ts|' : ''}${folder === 'outgoing' ? '(open-tokens|store-listener|renewal-listener|discovery-listener)\\.ts|cache/(token-cache|stores|store-event|renewal-event)\\.ts|' : ''}(${[folder, ...allowed].join('|')})/)`,
    },
  }));

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'middleware-imports-no-other-package',
      severity: 'error',
      from: { path: '^packages/middleware/' },
      to: { path: '^packages/(gateway|demo)/' },
    },
    {
      name: 'demo-imports-no-other-package',
      severity: 'error',
      from: { path: '^packages/demo/' },
      to: { path: '^packages/(gateway|middleware)/' },
    },
    {
      // The gateway runs without it: the command `demo` loads it, or says how to install it.
      name: 'only-the-command-demo-imports-the-demo',
      severity: 'error',
      from: { path: '^packages/gateway/', pathNot: '^packages/gateway/src/cli/demo/|\\.test\\.ts$' },
      to: { path: '^packages/demo/' },
    },
    {
      name: 'the-demo-is-loaded-on-demand',
      severity: 'error',
      from: { path: '^packages/gateway/', pathNot: '\\.test\\.ts$' },
      to: { path: '^packages/demo/', dynamic: false, dependencyTypesNot: ['type-only', 'type-import'] },
    },
    {
      // A page in a browser: of the gateway, it knows the types of the API alone.
      name: 'the-dashboard-knows-the-types-of-the-api',
      severity: 'error',
      from: { path: '^packages/dashboard/src/' },
      to: {
        path: '^packages/(gateway|middleware|demo|testkit)/',
        pathNot: '^packages/gateway/src/admin/api/(shapes|[a-z]+-shape)\\.ts$',
      },
    },
    {
      name: 'the-dashboard-loads-types-alone',
      severity: 'error',
      from: { path: '^packages/dashboard/src/' },
      to: { path: '^packages/gateway/', dependencyTypesNot: ['type-only', 'type-import'] },
    },
    {
      name: 'nothing-imports-the-dashboard',
      severity: 'error',
      from: { path: '^packages/(gateway|middleware|demo|testkit)/' },
      to: { path: '^packages/dashboard/' },
    },
    {
      name: 'only-compose-constructs-observers-and-providers',
      severity: 'error',
      from: {
        path: '^packages/gateway/src/',
        pathNot:
          '^packages/gateway/src/(compose\\.ts|start/|observe/|providers/|cli/)|\\.(test|testkit)\\.ts$',
      },
      to: { path: '^packages/gateway/src/(observe|providers|cli)/' },
    },
    {
      name: 'the-testkit-imports-only-what-the-middleware-defines',
      severity: 'error',
      from: { path: '^packages/testkit/' },
      to: { path: '^packages/gateway/|^test/|\\.(test|testkit)\\.ts$' },
    },
    {
      name: 'source-imports-no-test',
      severity: 'error',
      from: { path: '^packages/', pathNot: '\\.(test|testkit)\\.ts$|^packages/testkit/' },
      to: { path: '\\.(test|testkit)\\.ts$|^test/|^packages/testkit/' },
    },
    {
      // Adapters are made of middlewares and of the results of decisions, not of their parts.
      name: 'adapters-see-the-decision-alone',
      severity: 'error',
      from: { path: '^packages/middleware/src/adapters/', pathNot: '\\.(test|testkit)\\.ts$' },
      to: {
        path: '^packages/middleware/src/',
        pathNot:
          '^packages/middleware/src/((errors|create)\\.ts|(adapters|base|application)/|decision/(decision|problem|request-id)\\.ts)',
      },
    },
    {
      // A kind of middleware knows what all kinds share, and no other kind.
      name: 'kinds-of-middleware-know-no-other-kind',
      severity: 'error',
      from: { path: '^packages/gateway/src/middlewares/([^/]+)/', pathNot: '\\.(test|testkit)\\.ts$' },
      to: {
        path: '^packages/gateway/src/middlewares/([^/]+/|kinds\\.ts)',
        pathNot: '^packages/gateway/src/middlewares/$1/',
      },
    },
    ...oneWay('middleware', middleware),
    ...oneWay('gateway', gateway),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.test.json' },
    enhancedResolveOptions: {
      conditionNames: ['grantgate-source', 'import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
};
