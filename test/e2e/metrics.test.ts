import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { Agent, createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { MetricDefinition } from '../../packages/gateway/src/observe/metrics/metric-definition.ts';
import { definitions } from '../../packages/gateway/src/observe/metrics/catalogue.ts';
import type { Exposition } from '../../packages/gateway/src/observe/metrics/exposition.testkit.ts';
import {
  findDecreases,
  parseExposition,
} from '../../packages/gateway/src/observe/metrics/exposition.testkit.ts';
import { until } from '../../packages/testkit/src/until.ts';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { createTestAuthority } from '../../packages/testkit/src/certificates.ts';
import type { WorkerResponse } from './workers.testkit.ts';
import { isAlive, serve, visit } from './workers.testkit.ts';

// The built command.
let upstream: Server;
let server: AuthorizationServer;
const opened: WorkerResponse[] = [];
/** Texts that no label may contain. */
const hidden = {
  id: 'client-ada',
  secret: 'the-secret-of-ada',
  otherId: 'client-mallory',
  otherSecret: 'the-secret-of-mallory',
  query: 'hidden-in-a-query',
};
/** Requests that the upstream received. */
const tokens = new Set<string>();
beforeAll(async () => {
  upstream = createServer(({ headers: { authorization = '' } }, response) => {
    if (authorization.startsWith('Bearer ')) tokens.add(authorization.slice('Bearer '.length));
    response.end('ok');
  }).listen(0, '127.0.0.1');
  upstream.keepAliveTimeout = 0;
  await once(upstream, 'listening');
  server = await startAuthorizationServer({
    clients: [{ clientId: hidden.id, clientSecret: hidden.secret, claims: { grp: 'admin' } }],
  });
});
afterEach(() => opened.splice(0).forEach((served) => served.close()));
afterAll(async () => {
  upstream.closeAllConnections();
  upstream.close();
  await server.close();
});

const upstreamUrl = (): string => `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;

const routes = (more: object = {}, claims = 'Equals(`grp`, `admin`)') => ({
  http: {
    routers: {
      plain: { rule: 'PathPrefix(`/`)', service: 'up' },
      protected: { rule: 'PathPrefix(`/protected`)', service: 'up', middlewares: ['callers'] },
      lost: { rule: 'PathPrefix(`/lost`)', service: 'down' },
      verified: { rule: 'PathPrefix(`/verified`)', service: 'up', middlewares: ['breaker', 'verified'] },
      ...more,
    },
    middlewares: {
      callers: {
        plugin: { oAuthClientCredentials: { url: `${server.url}?hidden=${hidden.query}`, claims } },
      },
      breaker: { circuitBreaker: { expression: 'NetworkErrorRatio() > 1' } },
      // This is not a key set.
      verified: {
        plugin: {
          jwt: {
            jwksUrl: `${upstreamUrl()}/jwks`,
            audience: 'api',
            issuers: ['https://issuer.example.com'],
            clientConfig: { maxRetries: 0 },
          },
        },
      },
    },
    services: {
      up: {
        loadBalancer: {
          servers: [{ url: upstreamUrl() }],
          healthCheck: { path: '/' },
        },
      },
      // Nothing listens on port 1.
      down: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1' }] } },
    },
  },
});

interface MetricsGateway extends WorkerResponse {
  readonly workers: number;
  readonly urlOf: (entryPoint: string) => string;
  /** The exposition; the reader rejects an invalid one. */
  scrape(): Promise<Exposition>;
  scrapeText(): Promise<string>;
  /** Sends a number of requests to a path of `web`, one after the other, each on its own connection. */
  visitAll(path: string, count: number, headers?: Readonly<Record<string, string>>): Promise<void>;
}

async function start(workers: number): Promise<MetricsGateway> {
  const { cert, key } = createTestAuthority().issue('gateway.example.com', ['localhost']);
  const served = serve(
    {
      entryPoints: {
        web: { address: '127.0.0.1:0' },
        admin: { address: '127.0.0.1:0' },
        forwardAuth: { address: '127.0.0.1:0' },
        secure: {
          address: '127.0.0.1:0',
          tls: { certificates: [{ certFile: 'cert.pem', keyFile: 'key.pem' }] },
        },
      },
      metrics: { prometheus: { addRoutersLabels: true } },
      workers,
    },
    routes(),
    { 'cert.pem': cert, 'key.pem': key },
  );
  opened.push(served);
  await served.untilLogged('listening', 4);
  if (workers > 1) await served.untilLogged('worker ready', workers);
  const ports = new Map(
    served.logged('listening').map(({ entryPoint = '', port = 0 }) => [entryPoint, port]),
  );
  const urlOf = (entryPoint: string): string => `http://127.0.0.1:${ports.get(entryPoint) ?? 0}`;
  const agent = new Agent();
  const scrapeText = async (): Promise<string> => {
    const sent = request(`${urlOf('admin')}/metrics`, { agent }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    return text(response);
  };
  return {
    ...served,
    workers,
    urlOf,
    scrapeText,
    scrape: async () => parseExposition(await scrapeText()),
    async visitAll(path, count, headers) {
      for (let done = 0; done < count; done += 1) await visit(`${urlOf('web')}${path}`, agent, headers);
    },
  };
}

const requests = 'grantgate_entrypoint_requests_total';
const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const ada = basic(hidden.id, hidden.secret);
const mallory = basic(hidden.otherId, hidden.otherSecret);

/** Waits until a number of requests has been counted: a caller receives its response shortly before the count. */
const untilCounted = (scraped: MetricsGateway, count: number): Promise<Exposition> =>
  until(async () => {
    const seen = await scraped.scrape();
    return seen.sum(requests, { entrypoint: 'web' }) >= count && seen;
  });

/** Waits until each worker has loaded a number of configurations. */
const untilLoaded = (scraped: MetricsGateway, times: number): Promise<unknown> =>
  until(async () =>
    Array.from({ length: scraped.workers }, (_, index) => index + 1).every(
      (number) =>
        scraped.logged('configuration loaded').filter(({ worker = 1 }) => worker === number).length >= times,
    ),
  );

const seenMetrics = new Set<string>();

describe.each([1, 2])('metrics of %i worker(s)', (workers) => {
  it('count the requests made, in the format of Prometheus, without secrets', async () => {
    const scraped = await start(workers);
    await scraped.visitAll(`/?token=${hidden.query}`, 5);
    await scraped.visitAll('/protected', 6, ada);
    await scraped.visitAll('/protected', 2, mallory);
    await scraped.visitAll('/protected', 1);
    await scraped.visitAll('/lost', 2);
    await scraped.visitAll('/verified', 1, { authorization: 'Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln' });
    await visit(`${scraped.urlOf('forwardAuth')}/forward-auth/callers`, new Agent(), ada);
    await visit(`${scraped.urlOf('forwardAuth')}/forward-auth/callers`, new Agent());
    await visit(`${scraped.urlOf('forwardAuth')}/forward-auth/nobody`, new Agent());
    await untilCounted(scraped, 17);
    const seen = await until(async () => {
      const now = await scraped.scrape();
      return now.sum('grantgate_external_authorizations_total') === 3 && now;
    });

    expect(seen.sum(requests, { entrypoint: 'web', code: '200' })).toBe(11);
    expect(seen.sum(requests, { entrypoint: 'web', code: '401' })).toBe(3);
    expect(seen.sum(requests, { entrypoint: 'web', code: '502' })).toBe(2);
    expect(seen.sum('grantgate_router_requests_total', { router: 'protected@file' })).toBe(9);
    expect(seen.sum('grantgate_service_requests_total', { service: 'up@file' })).toBe(11);
    expect(seen.sum('grantgate_service_failures_total', { service: 'down@file', reason: 'refused' })).toBe(2);
    const refusals = (code: string) =>
      seen.sum('grantgate_refusals_total', { code, middleware: 'callers@file' });
    expect([refusals('credentials_missing'), refusals('credentials_refused')]).toEqual([2, 2]);
    const checks = (verdict: string, middleware = 'callers@file') =>
      seen.sum('grantgate_external_authorizations_total', { protocol: 'forward_auth', middleware, verdict });
    expect([checks('allowed'), checks('refused'), checks('refused', '')]).toEqual([1, 1, 1]);
    // Each use found the token in memory or in the store, or caused a token request.
    const lookups = (tier: string) =>
      seen.sum('grantgate_token_lookups_total', { middleware: 'callers@file', tier });
    expect(
      lookups('memory') +
        lookups('store') +
        seen.sum('grantgate_token_requests_total', { outcome: 'success' }),
    ).toBe(7);
    expect(
      seen.sum('grantgate_token_requests_total', { outcome: 'credentials_refused', error: 'invalid_client' }),
    ).toBeGreaterThan(0);
    expect(seen.sum('grantgate_server_up', { service: 'up@file' })).toBe(1);
    expect(seen.sum('grantgate_workers')).toBe(workers);
    expect(seen.sum('grantgate_config_reloads_total')).toBe(1);
    expect(seen.sum('grantgate_config_routers', { state: 'sound' })).toBe(4);
    expect(seen.sum('grantgate_config_last_reload_successful')).toBe(1);
    expect(seen.sum('grantgate_key_set_up', { keyset: `${upstreamUrl()}/jwks` })).toBe(0);
    expect(seen.sum('grantgate_token_endpoint_circuit_open', { endpoint: server.url })).toBe(0);
    expect(seen.sum('grantgate_circuit_breaker_open', { middleware: 'breaker@file' })).toBe(0);
    expect(seen.sum('grantgate_build_info')).toBe(1);
    expect(
      seen.sum('grantgate_certificate_not_after_timestamp_seconds', {
        entrypoint: 'secure',
        cn: 'gateway.example.com',
      }),
    ).toBeGreaterThan(Date.now() / 1000);
    expect(seen.sum('process_resident_memory_bytes', { worker: '1' })).toBeGreaterThan(1e7);
    expect(seen.sum('process_resident_memory_bytes', { worker: 'primary' }) > 0).toBe(workers > 1);

    const exposed = await scraped.scrapeText();
    expect(tokens.size).toBeGreaterThan(0);
    for (const secret of [...Object.values(hidden), ...tokens]) expect(exposed).not.toContain(secret);
    for (const [name, labels] of seen.labels) {
      const definition: MetricDefinition = definitions[name as keyof typeof definitions];
      expect([name, labels]).toEqual([name, definition.labels]);
      expect(seen.helps.get(name)).toBe(definition.help);
      expect(seen.types.get(name)).toBe(definition.type);
      seenMetrics.add(name);
    }
  });

  it('continue across a reload, and drop the series of removed configuration', async () => {
    const scraped = await start(workers);
    const change = async (content: string): Promise<void> => {
      await writeFile(join(scraped.folder, 'routes.tmp'), content);
      await rename(join(scraped.folder, 'routes.tmp'), join(scraped.folder, 'routes.yaml'));
    };
    await change(JSON.stringify(routes({ extra: { rule: 'PathPrefix(`/extra`)', service: 'up' } })));
    await untilLoaded(scraped, 2);
    await scraped.visitAll('/extra', 3);
    await scraped.visitAll('/', 4);
    await scraped.visitAll('/protected', 2, ada);
    const before = await untilCounted(scraped, 9);
    expect(before.sum('grantgate_router_requests_total', { router: 'extra@file' })).toBe(3);

    await change(JSON.stringify(routes({}, 'Equals(`grp`, `other`)')));
    await untilLoaded(scraped, 3);
    await scraped.visitAll('/protected', 1, ada);
    const after = await untilCounted(scraped, 10);
    expect(after.sum('grantgate_router_requests_total', { router: 'extra@file' })).toBe(0);
    const gone = findDecreases(before, after).filter((line) => !line.includes('router="extra@file"'));
    expect(gone).toEqual([]);
    expect(
      after.sum('grantgate_refusals_total', { code: 'claims_not_satisfied', middleware: 'callers@file' }),
    ).toBe(1);
    const loaded = scraped.logged('configuration loaded').filter(({ worker = 1 }) => worker === 1);
    expect(after.sum('grantgate_config_reloads_total')).toBe(loaded.length);

    await change('http: [');
    await until(async () => (await scraped.scrape()).sum('grantgate_config_reload_failures_total') === 1);
    expect(await visit(`${scraped.urlOf('web')}/`, new Agent())).toBe(200);
  });
});

describe('metrics of two workers', () => {
  it('include every metric in the catalogue, together with those of one worker', () => {
    const elsewhere = new Set([
      // A test cannot determine whether garbage was collected meanwhile, and file descriptors are counted only on Linux.
      'nodejs_gc_duration_seconds',
      'process_open_fds',
      // A refresh needs a clock that a test controls: renewals.test.ts reads this metric.
      'grantgate_token_renewals_total',
      // The key set here is never available: introspection-endpoints.test.ts reads this metric.
      'grantgate_key_set_refreshed_timestamp_seconds',
    ]);
    // kubernetes.test.ts reads the metrics of a cluster, issuer.test.ts those of issuers.
    const isElsewhere = (name: string): boolean =>
      elsewhere.has(name) || /^grantgate_(?:kubernetes|issuer)_/.test(name);
    const all = Object.keys(definitions).filter((name) => !isElsewhere(name));
    expect(all.filter((name) => !seenMetrics.has(name))).toEqual([]);
    expect([...seenMetrics].filter((name) => !(name in definitions))).toEqual([]);
  });

  it('never decrease or get lost while workers are replaced under load', async () => {
    const scraped = await start(2);
    let visits = 0;
    let running = true;
    const load = Promise.all(
      [1, 2, 3, 4].map(async (caller) => {
        const agent = new Agent({ keepAlive: caller % 2 === 0, maxSockets: 1 });
        while (running) {
          expect(await visit(`${scraped.urlOf('web')}/`, agent)).toBe(200);
          visits += 1;
        }
        agent.destroy();
      }),
    );
    let before = await untilCounted(scraped, 50);
    for (const round of [1, 2]) {
      scraped.child.kill('SIGHUP');
      await until(async () => {
        const now = await scraped.scrape();
        expect(findDecreases(before, now)).toEqual([]);
        before = now;
        return scraped.logged('workers replaced').length >= round;
      });
    }
    running = false;
    await load;
    const pids = scraped.logged('worker ready').map(({ pid = 0 }) => pid);
    await until(async () => !pids.slice(0, -2).some(isAlive));
    const after = await untilCounted(scraped, visits);
    expect(after.sum(requests, { entrypoint: 'web' })).toBe(visits);
    expect(findDecreases(before, after)).toEqual([]);
    expect(after.sum('grantgate_worker_events_total', { event: 'ready' })).toBe(6);
    expect(after.sum('grantgate_worker_events_total', { event: 'restarted' })).toBe(2);
    expect(after.sum('grantgate_worker_events_total', { event: 'crashed' })).toBe(0);
  });

  it('keep the counts of a killed worker', async () => {
    const scraped = await start(2);
    await scraped.visitAll('/', 40);
    const before = await untilCounted(scraped, 40);
    const [victim = 0] = scraped.logged('worker ready').map(({ pid = 0 }) => pid);
    process.kill(victim, 'SIGKILL');
    await scraped.untilLogged('worker exited unexpectedly; restarting it', 1);
    const without = await scraped.scrape();
    expect(findDecreases(before, without)).toEqual([]);
    await scraped.untilLogged('worker ready', 3);
    await scraped.visitAll('/', 10);
    const after = await untilCounted(scraped, 50);
    expect(findDecreases(without, after)).toEqual([]);
    expect(after.sum(requests, { entrypoint: 'web' })).toBe(50);
    expect(after.sum('grantgate_worker_events_total', { event: 'crashed' })).toBe(1);
    expect(after.sum('grantgate_workers')).toBe(2);
  });

  it('are served while a worker hangs, and report that worker', async () => {
    const scraped = await start(2);
    await scraped.visitAll('/', 20);
    const before = await untilCounted(scraped, 20);
    const [frozen = 0] = scraped.logged('worker ready').map(({ pid = 0 }) => pid);
    process.kill(frozen, 'SIGSTOP');
    const without = await scraped.scrape();
    expect(without.sum('grantgate_workers_not_answering')).toBe(1);
    expect(findDecreases(before, without)).toEqual([]);
    process.kill(frozen, 'SIGCONT');
    await until(async () => (await scraped.scrape()).sum('grantgate_workers_not_answering') === 0);
  });
});

it('without metrics, /metrics is a path like any other', async () => {
  const served = serve(
    { entryPoints: { web: { address: '127.0.0.1:0' }, admin: { address: '127.0.0.1:0' } } },
    routes(),
  );
  opened.push(served);
  await served.untilLogged('listening', 2);
  for (const { port = 0, entryPoint } of served.logged('listening'))
    expect(await visit(`http://127.0.0.1:${port}/metrics`, new Agent())).toBe(
      entryPoint === 'admin' ? 404 : 200,
    );
});
