import { get } from 'node:http';
import { startGateway } from '../lib/gateway.mjs';

/** The client of callers, and the gateway's own. */
export const callers = { clientId: 'orders-client', clientSecret: 'orders-secret' };
export const own = { clientId: 'gateway-client', clientSecret: 'gateway-secret' };
export const claims = { grp: 'admin', permissions: 'orders:read orders:write', tenant: 'example' };
/** Headers that the service receives from the claims. */
export const forwarded = { group: claims.grp };

export const basic = ({ clientId, clientSecret }) =>
  `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;

/** Everything on: a predicate over the claims, a header and the user name from them. */
export const middleware = (tokenUrl, credentials) => ({
  plugin: {
    oAuthClientCredentials: {
      url: tokenUrl,
      claims: 'Equals(`grp`, `admin`) && SplitContains(`permissions`, ` `, `orders:read`)',
      forwardHeaders: { Group: 'grp' },
      usernameClaim: 'client_id',
      ...credentials,
    },
  },
});

export const applicationLevel = {};
export const gatewayLevel = { clientID: own.clientId, clientSecret: own.clientSecret };

/** Before the authentication: one step that changes the request and the response, and one that changes the path. */
const strippedPrefix = '/api';
const stepsBefore = {
  headers: {
    headers: {
      customRequestHeaders: { 'X-Gateway': 'grantgate' },
      customResponseHeaders: { 'X-Content-Type-Options': 'nosniff' },
    },
  },
  strip: { stripPrefix: { prefixes: [strippedPrefix] } },
};

/** Several routers, each with its own path, or one for everything. */
const routersOf = (count, middlewares) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `r${index}`,
      {
        rule: count === 1 ? 'PathPrefix(`/`)' : `PathPrefix(\`/r${index}/\`)`,
        service: 'service',
        middlewares,
      },
    ]),
  );

export async function startGrantgate(
  stage,
  {
    name,
    backend,
    tokenUrl,
    level,
    workers = 1,
    routers = 1,
    accessLog = true,
    metrics = false,
    api = false,
    pages = 0,
    build,
    steps = false,
    exports = [],
    collector,
  },
) {
  const log = accessLog ? stage.path(`${name}.access.log`) : undefined;
  const gateway = await startGateway(stage, {
    name,
    build,
    install: {
      entryPoints: {
        web: { address: '127.0.0.1:0' },
        ...((metrics || api) && { admin: { address: '127.0.0.1:0' } }),
      },
      ...(log !== undefined && {
        accessLog: {
          ...{ format: 'json', filePath: log },
          ...(exports.includes('logs') && { dualOutput: true, otlp: to('logs', collector) }),
        },
      }),
      ...(api && { api: {} }),
      ...(metrics && { metrics: { prometheus: {} } }),
      ...(exports.includes('metrics') && { metrics: { otlp: to('metrics', collector) } }),
      ...(exports.includes('traces') && { tracing: { sampleRate: 0.1, otlp: to('traces', collector) } }),
      workers,
    },
    routes: {
      http: {
        routers: routersOf(routers, [...(steps ? Object.keys(stepsBefore) : []), 'auth']),
        services: { service: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${backend}` }] } } },
        middlewares: {
          ...(steps && stepsBefore),
          auth: middleware(tokenUrl, level === 'gateway' ? gatewayLevel : applicationLevel),
        },
      },
    },
  });
  for (let page = 0; page < pages; page += 1) followEvents(gateway.portOf('admin'));
  return { port: gateway.portOf('web'), prefix: steps ? strippedPrefix : '', pids: [gateway.pid], log };
}

/** Reads the events that an open page of the dashboard reads, to the end of the gateway. */
function followEvents(port) {
  get({ port, host: '127.0.0.1', path: '/api/events' }, (response) =>
    response.resume().on('error', () => {}),
  ).on('error', () => {});
}

const to = (signal, port) => ({ http: { endpoint: `http://127.0.0.1:${port}/v1/${signal}` } });

/** The gateway to which the proxies send checks, at application level, with its own access log. */
export async function startChecks(stage, tokenUrl) {
  const gateway = await startGateway(stage, {
    name: 'checks',
    install: {
      entryPoints: { forwardAuth: { address: '127.0.0.1:0' } },
      accessLog: { format: 'json', filePath: stage.path('checks.access.log') },
    },
    routes: { http: { middlewares: { auth: middleware(tokenUrl, applicationLevel) } } },
  });
  const name = 'auth@file';
  return {
    port: gateway.portOf('forwardAuth'),
    path: `/forward-auth/${name}`,
    middleware: name,
    pid: gateway.pid,
  };
}
