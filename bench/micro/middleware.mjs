// Cost that the middleware adds to a request of an application when the caller's token is in memory: `npm run bench:middleware`.
//
// One application of each framework, in its own process, responds at three paths in turn: its handler reads no header, or one
// (Node.js creates the object of headers when it is first read, which most applications cause anyway), or two behind the
// middleware. Requests and responses pass through Node's parser and writer, but through no socket. Processor time is counted; the
// cost of the middleware is the difference from the second path in the same round.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import express from 'express';
import fastify from 'fastify';
import Koa from 'koa';
import * as forExpress from '../../packages/middleware/dist/adapters/express.js';
import * as forFastify from '../../packages/middleware/dist/adapters/fastify.js';
import * as forKoa from '../../packages/middleware/dist/adapters/koa.js';
import { serveInProcess } from './lib/in-process.mjs';
import { report } from './lib/report.mjs';
import { compare, roundsOr, spreadText } from './lib/rounds.mjs';
import { printTable } from './lib/table.mjs';

const rounds = roundsOr(101);
const paths = { plain: '/plain', reads: '/reads', behind: '/protected' };
/** Headers of a service's request. */
const requestTo = (path) => `GET ${path} HTTP/1.1\r
Host: api.example.com\r
User-Agent: orders-service/1.4.2\r
Accept: application/json\r
Accept-Encoding: gzip, deflate, br\r
Authorization: Basic ${Buffer.from('orders-client:orders-secret').toString('base64')}\r
X-Forwarded-For: 192.0.2.7\r
X-Forwarded-Proto: https\r
X-Request-Id: 5f9c1c1e-5b0e-4a2e-9d6a-0f5a7a4be2a1\r
Cache-Control: no-cache\r
\r
`;

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = { sub: 'ada', grp: 'admin', scope: 'orders:read orders:write', filler: 'x'.repeat(300) };
const token = `${part({ alg: 'RS256' })}.${part(claims)}.${'s'.repeat(342)}`;

/** Responses of the handlers. */
const handlers = {
  plain: () => 'ok',
  reads: ({ headers }) => (headers.accept === 'application/json' ? 'ok' : 'not the request'),
  behind: ({ headers }) =>
    headers.group === 'admin' && headers.authorization === `Bearer ${token}` ? 'ok' : 'not protected',
};

/** Name to a function that creates a listener, with the middleware before the third handler. */
const frameworks = {
  'node:http'(options) {
    const middleware = forExpress.oAuthClientCredentials(options);
    return (incoming, response) => {
      if (incoming.url === paths.plain) response.end(handlers.plain(incoming));
      else if (incoming.url === paths.reads) response.end(handlers.reads(incoming));
      else middleware(incoming, response, () => response.end(handlers.behind(incoming)));
    };
  },
  Express(options) {
    const answer = (handle) => (incoming, response) => response.end(handle(incoming));
    return express()
      .get(paths.plain, answer(handlers.plain))
      .get(paths.reads, answer(handlers.reads))
      .get(paths.behind, forExpress.oAuthClientCredentials(options), answer(handlers.behind));
  },
  async Fastify(options) {
    const answer =
      (handle) =>
      ({ raw }, reply) =>
        reply.send(handle(raw));
    const app = fastify().get(paths.plain, answer(handlers.plain)).get(paths.reads, answer(handlers.reads));
    await app.register(async (scope) => {
      await scope.register(forFastify.oAuthClientCredentials, options);
      scope.get(paths.behind, answer(handlers.behind));
    });
    await app.ready();
    return app.routing;
  },
  Koa(options) {
    const middleware = forKoa.oAuthClientCredentials(options);
    const app = new Koa();
    app.use((context) => {
      if (context.url === paths.plain) context.body = handlers.plain(context.req);
      else if (context.url === paths.reads) context.body = handlers.reads(context.req);
      else return middleware(context, () => void (context.body = handlers.behind(context.req)));
    });
    return app.callback();
  },
};

if (process.argv[2] === undefined) await measure();
else await measureFramework(process.argv[2], process.argv[3]);

async function measure() {
  const tokens = createServer((incoming, response) => {
    incoming.resume();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 86_400 }));
  });
  await new Promise((resolve) => tokens.listen(0, '127.0.0.1', resolve));
  const results = {};
  for (const name of Object.keys(frameworks)) {
    const child = fork(fileURLToPath(import.meta.url), [
      name,
      `http://127.0.0.1:${tokens.address().port}/token`,
    ]);
    child.on('message', (result) => (results[name] = result));
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`${name} ended with ${code}`);
  }
  tokens.close();
  tokens.closeAllConnections();
  console.log('us of CPU per request (quartiles)');
  printTable(
    ['', 'no header read', 'a header read', 'with the middleware', 'the middleware adds'],
    Object.entries(results).map(([name, { plain, reads, behind }]) => [
      name,
      spreadText(plain.cpu, 1),
      spreadText(reads.cpu, 1),
      spreadText(behind.cpu, 1),
      spreadText(behind.difference, 2),
    ]),
  );
  report({ unit: 'us', rounds, results });
}

async function measureFramework(name, url) {
  const options = {
    url,
    claims: 'Equals(`grp`, `admin`)',
    forwardHeaders: { Group: 'grp' },
    usernameClaim: 'sub',
  };
  const listener = await frameworks[name](options);
  const contenders = Object.fromEntries(
    Object.entries(paths).map(([what, path]) => [what, serveInProcess(listener, requestTo(path), 'ok')]),
  );
  process.send(await compare(contenders, { rounds, warmTurns: 25, over: 'reads' }), () => process.exit());
}
