// Bytes that each call allocates on the heap, as JSON. The test in this folder runs it on the built files, without the optimising
// compilers, because they remove allocations at unpredictable times.
import { createServer } from 'node:http';
import { createAuthenticator } from '../../packages/middleware/dist/create.js';
import { createRequestMetrics } from '../../packages/gateway/dist/observe/metrics/request-metrics.js';
import { admit } from '../../packages/middleware/dist/adapters/node-request.js';
import { createClientCredentialsMiddleware } from '../../packages/middleware/dist/application/client-credentials-middleware.js';
import { compileClaims } from '../../packages/middleware/dist/claims/compile.js';
import { parseClaims } from '../../packages/middleware/dist/claims/parse.js';
import { headers } from '../../packages/gateway/dist/middlewares/headers/kind.js';
import { headersSchema } from '../../packages/gateway/dist/middlewares/headers/schema.js';
import { stripPrefix } from '../../packages/gateway/dist/middlewares/strip-prefix/kind.js';
import { createUpstreamHeads } from '../../packages/gateway/dist/proxy/request-headers.js';
import { MatchContext } from '../../packages/gateway/dist/routing/match-context.js';
import { compileRule } from '../../packages/gateway/dist/routing/rule.js';
import { createTable } from '../../packages/gateway/dist/routing/table.js';
import { createWholeRequest } from './whole-request.mjs';

/** The number is so small that the allocations fit into the young generation: no collection happens meanwhile. */
const calls = 4_000;

/** The minimum of several rounds, because the engine sometimes allocates something for itself. */
function bytesPerCall(call) {
  for (let count = 0; count < calls; count += 1) call(count);
  let least = Infinity;
  for (let round = 0; round < 7; round += 1) {
    globalThis.gc();
    const before = process.memoryUsage().heapUsed;
    for (let count = 0; count < calls; count += 1) call(count);
    least = Math.min(least, (process.memoryUsage().heapUsed - before) / calls);
  }
  return least;
}

const tokens = createServer((incoming, response) => {
  incoming.resume();
  response.setHeader('content-type', 'application/json');
  const claims = Buffer.from('{"grp":"admin","sub":"ada"}').toString('base64url');
  response.end(`{"access_token":"e30.${claims}.x","token_type":"Bearer","expires_in":86400}`);
});
await new Promise((resolve) => tokens.listen(0, '127.0.0.1', resolve));
const options = {
  url: `http://127.0.0.1:${tokens.address().port}/token`,
  claims: 'Equals(`grp`, `admin`)',
  forwardHeaders: { Group: 'grp' },
  usernameClaim: 'sub',
};
const result = {};

async function measureDecision(name, input) {
  const authenticator = createAuthenticator(input);
  const facts = { authorization: `Basic ${Buffer.from('caller:secret').toString('base64')}` };
  await authenticator.decide(facts);
  result[name] = bytesPerCall(() => {
    if (authenticator.decide(facts).allowed !== true) throw new Error('not a hit');
  });
  await authenticator.close();
}

await measureDecision('decision, gateway level', { ...options, clientID: 'own', clientSecret: 'own-secret' });
await measureDecision('decision, application level', options);

function measurePredicate(name, source, json) {
  const { evaluate } = compileClaims(source);
  const claims = parseClaims(json);
  result[name] = bytesPerCall(() => {
    if (!evaluate(claims)) throw new Error('not satisfied');
  });
}

const holds = 'Equals(`grp`, `admin`) && Prefix(`user.name`, `John`) && !Equals(`exp`, `1`)';
measurePredicate(
  'claims, texts and a number',
  holds,
  '{"grp":"admin","exp":1516239022,"user":{"name":"John Snow"}}',
);
const anyOf = 'OneOf(`areas`, `office`, `lab`) || Contains(`areas`, `home`)';
measurePredicate('claims, a list', anyOf, '{"areas":["street","home"]}');

// Headers of a service's request.
const sent = [
  ...['Host', 'api.example.com', 'User-Agent', 'orders-service/1.4.2', 'Accept', 'application/json'],
  ...['Authorization', 'Basic Y2FsbGVyOnNlY3JldA==', 'X-Tenant', 'red', 'Accept-Encoding', 'gzip'],
];

async function measureHeaders() {
  const authenticator = createAuthenticator(options);
  const middleware = createClientCredentialsMiddleware({ authenticator });
  const caller = { authorization: 'Basic Y2FsbGVyOnNlY3JldA==' };
  const allow = await middleware.decide(caller);
  result["a middleware's decision, without traces"] = bytesPerCall(() => {
    if (middleware.decide(caller).allowed !== true) throw new Error('not a hit');
  });
  const pass = middleware.changesOf(allow);

  const request = { rawHeaders: [...sent], headers: {} };
  result["an application's request, its headers"] = bytesPerCall(() => {
    // Passes the headers on in the same arrays, which belong to the server.
    for (let at = 0; at < sent.length; at += 1) request.rawHeaders[at] = sent[at];
    request.rawHeaders.length = sent.length;
    admit(request, pass);
    if (request.headers.group !== 'admin') throw new Error('no claim in the headers');
  });

  const toHead = createUpstreamHeads();
  const facts = {
    authority: 'api.example.com',
    scheme: 'http',
    rawHeaders: sent,
    remoteAddress: '192.0.2.7',
    trusted: false,
  };
  const picked = { passHostHeader: true, server: { authority: '10.0.0.1:8080' } };
  for (const [what, reusesHeaders] of [
    ['as another before', true],
    ['its headers new', false],
  ]) {
    const its = { ...facts, reusesHeaders };
    const allows = [allow];
    const write = () => toHead(its, allows, picked, '5f9c1c1e').headers;
    if (!write().lines.includes('Group: admin')) throw new Error('no claim in the headers');
    result[`a proxied request, ${what}`] = bytesPerCall(() => {
      if (write() === undefined) throw new Error('no headers');
    });
  }
  await authenticator.close();
}

await measureHeaders();

/** Paths differ, as in real traffic; the other lines of the head repeat. */
async function measureWholeRequest(name, before) {
  const authenticator = createAuthenticator(options);
  await authenticator.decide({ authorization: 'Basic Y2FsbGVyOnNlY3JldA==' });
  const whole = createWholeRequest((facts) => authenticator.decide(facts), before);
  await whole.opened();
  const requests = Array.from({ length: 64 }, (_, index) => {
    const lines = sent.map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('');
    return Buffer.from(`GET /api/orders/${index} HTTP/1.1\r\n${lines}\r\n`);
  });
  result[name] = bytesPerCall((count) => whole.send(requests[count % 64]));
  await authenticator.close();
}

await measureWholeRequest('a request, from byte to byte', []);

const changeHeaders = {
  customRequestHeaders: { 'X-Gateway': 'grantgate' },
  customResponseHeaders: { 'X-Content-Type-Options': 'nosniff' },
};
await measureWholeRequest('a request with changes of headers and path, from byte to byte', [
  headers.createCompile({})(headersSchema.parse(changeHeaders), 'headers@file'),
  stripPrefix.createCompile({})({ prefixes: ['/api'] }, 'strip@file'),
]);

function measureMatch(name, routers) {
  const entries = Array.from({ length: routers }, (_, index) => ({
    name: `r${index}`,
    rule: compileRule(`Host(\`h${index % 10}.example.com\`) && PathPrefix(\`/r${index}/\`)`).rule,
    priority: undefined,
    route: index,
  }));
  const table = createTable(entries);
  const facts = entries.map((_, index) => ({ host: `h${index % 10}.example.com`, path: `/r${index}/items` }));
  result[name] = bytesPerCall((count) => {
    const index = count % routers;
    if (table.match(new MatchContext(facts[index], facts[index].path)) !== index)
      throw new Error('another router');
  });
}

measureMatch('match among 10 routers', 10);
measureMatch('match among 1000 routers', 1000);
/** Compared with an empty function that receives the same records. */
function measureCounting(name, changes, part = 0.37) {
  const metrics = createRequestMetrics(
    { buckets: [0.1, 0.3, 1.2, 5], byEntryPoint: true, byRouter: true, byService: true },
    [{ name: 'web' }, { name: 'forwardAuth', check: { kind: 'forwardAuth' } }],
  );
  metrics.configure({
    routers: new Map([['api@file', 'orders@file']]),
    services: ['orders@file'],
    middlewares: ['auth@file'],
  });
  const records = Array.from({ length: 16 }, (_, index) => ({
    facts: { entryPoint: 'web', method: ['GET', 'POST', 'PROPFIND', 'PUT'][index % 4] },
    status: [200, 204, 404, 200][index % 3],
    durationMs: ((index * 397) % 6000) + part,
    originDurationMs: ((index * 397) % 5000) + part,
    ...changes,
  }));
  const nothing = { count() {} };
  const measure = ({ count }) => bytesPerCall((call) => count(records[call % records.length]));
  result[name] = measure(metrics) - measure(nothing);
}

const forwarded = { routerName: 'api@file', serviceName: 'orders@file', serverUrl: 'http://10.0.0.1' };
measureCounting('counting, whole milliseconds', forwarded, 0);
measureCounting('counting, forwarded', forwarded);
measureCounting('counting, refused', {
  routerName: 'api@file',
  refusal: { code: 'claims_not_satisfied', middleware: 'auth@file' },
});
measureCounting('counting, checked', {
  facts: { entryPoint: 'forwardAuth', method: 'GET' },
  routerName: 'auth@file',
});

tokens.close();
tokens.closeAllConnections();
console.log(JSON.stringify(result));
