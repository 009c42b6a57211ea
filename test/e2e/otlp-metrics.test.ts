import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { request } from 'undici';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import type { EchoServer } from '../../packages/testkit/src/echo-server.ts';
import { startEchoServer, valuesOf } from '../../packages/testkit/src/echo-server.ts';
import { until } from '../../packages/testkit/src/until.ts';
import type { TestGateway } from './gateway.testkit.ts';
import type { ReceivedPoint } from './otlp-messages.testkit.ts';
import { openOtlpStage } from './otlp-stage.testkit.ts';
import { serve, untilServing } from './workers.testkit.ts';

let server: AuthorizationServer;
let upstream: EchoServer;
const stage = openOtlpStage();

const needles = [
  'the-secret-of-ada',
  Buffer.from('ada:the-secret-of-ada').toString('base64'),
  'a-needle-in-a-query',
];

beforeAll(async () => {
  server = await startAuthorizationServer({
    clients: [{ clientId: 'ada', clientSecret: 'the-secret-of-ada' }],
  });
  upstream = await startEchoServer();
});
afterAll(async () => {
  await upstream.close();
  await server.close();
});

const routes = () => ({
  'api.yaml': `
http:
  routers:
    api: { rule: "PathPrefix(\`/\`)", middlewares: [callers], service: echo }
  middlewares:
    callers: { plugin: { oAuthClientCredentials: { url: ${server.url} } } }
  services:
    echo: { loadBalancer: { servers: [{ url: "${upstream.url}" }] } }
`,
});

async function start(metrics: string): Promise<TestGateway> {
  return stage.start({
    routes: routes(),
    env: { KEY: 'a-needle-of-the-collector' },
    install: `
entryPoints:
  web: { address: "127.0.0.1:0" }
  admin: { address: "127.0.0.1:0" }
log: { level: debug }
metrics: { ${metrics} }
`,
  });
}

async function stop(gateway: TestGateway): Promise<void> {
  await stage.stop(gateway);
}

const viaHttp = (more = ''): string =>
  `otlp: { ${more} http: { endpoint: "http://127.0.0.1:${stage.receiver.port}", headers: { x-key: "urn:env:KEY" } } }`;
const basic = `Basic ${Buffer.from('ada:the-secret-of-ada').toString('base64')}`;

async function visit(
  url: string,
  headers: Record<string, string> = { authorization: basic },
): Promise<string> {
  const { body } = await request(url, { headers });
  return body.text();
}

const pointOf = (name: string, attributes: object): ReceivedPoint | undefined =>
  stage.receiver.metrics
    .get(name)
    ?.points.find((point) =>
      Object.entries(attributes).every(([key, value]) => point.attributes[key] === value),
    );

describe('metrics over OTLP', () => {
  it('are those of Prometheus, exported when the gateway stops, whatever the interval', async () => {
    const gateway = await start(`prometheus: {}, ${viaHttp()}`);
    await visit(`${gateway.url}/a?access_token=a-needle-in-a-query`);
    await visit(gateway.url, {});
    const page = await visit(`${gateway.urlOf('admin')}/metrics`);
    await stop(gateway);
    const requests = stage.receiver.metrics.get('grantgate_entrypoint_requests_total');
    expect(requests).toMatchObject({ kind: 'sum', temporality: 2, unit: '' });
    expect(requests?.resource).toMatchObject({ 'service.name': 'grantgate' });
    expect(pointOf('grantgate_entrypoint_requests_total', { code: '200' })).toMatchObject({
      attributes: { entrypoint: 'web', code: '200', method: 'GET', protocol: 'http' },
      value: 1,
    });
    expect(pointOf('grantgate_refusals_total', { code: 'credentials_missing' })?.value).toBe(1);
    expect(pointOf('grantgate_token_lookups_total', { tier: 'server' })?.value).toBe(1);
    expect(stage.receiver.metrics.get('process_resident_memory_bytes')).toMatchObject({
      kind: 'gauge',
      unit: 'By',
    });
    const names = [...page.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    const missing = names.filter((name) => !stage.receiver.metrics.has(name ?? ''));
    // Connections and endpoints are closed at this point.
    expect(missing.sort()).toEqual([
      'grantgate_token_endpoint_circuit_open',
      'grantgate_token_endpoint_requests_in_flight',
      'grantgate_token_endpoint_requests_waiting',
      'grantgate_upstream_connections',
    ]);
    expect(stage.receiver.headers()['x-key']).toBe('a-needle-of-the-collector');
    const token = valuesOf(upstream.received.at(-1)!, 'authorization')[0]!.slice('Bearer '.length);
    const received = stage.receiver.received();
    const secrets = [...needles, 'a-needle-of-the-collector', token];
    expect(secrets.filter((needle) => received.includes(needle))).toEqual([]);
  });

  it('have buckets and labels per destination', async () => {
    const gateway = await start(
      `prometheus: { buckets: [0.2, 2], addServicesLabels: false }, ${viaHttp('explicitBoundaries: [0.1, 1, 10], addEntryPointsLabels: false, addRoutersLabels: true,')}`,
    );
    await visit(gateway.url);
    const page = await visit(`${gateway.urlOf('admin')}/metrics`);
    await stop(gateway);
    const bounds = [...page.matchAll(/entrypoint_request_duration_seconds_bucket\{.*le="([^"]+)"/g)];
    expect(bounds.map(([, bound]) => bound)).toEqual(['0.2', '2', '+Inf']);
    expect(page).not.toContain('grantgate_service_requests_total');
    expect(page).not.toContain('grantgate_router_requests_total');
    const duration = pointOf('grantgate_router_request_duration_seconds', { router: 'api@file' });
    expect(duration?.bounds).toEqual([0.1, 1, 10]);
    expect(duration?.counts.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(stage.receiver.metrics.has('grantgate_entrypoint_requests_total')).toBe(false);
    expect(stage.receiver.metrics.has('grantgate_service_requests_total')).toBe(true);
  });

  it('name durations as the semantic conventions of HTTP do', async () => {
    const gateway = await start(viaHttp());
    await visit(gateway.url);
    await visit(gateway.url, {});
    await stop(gateway);
    const served = stage.receiver.metrics.get('http.server.request.duration');
    expect(served).toMatchObject({ kind: 'histogram', unit: 's', temporality: 2 });
    expect(
      served?.points.map(({ attributes, count }) => [attributes['http.response.status_code'], count]),
    ).toEqual([
      [200, 1],
      [401, 1],
    ]);
    expect(served?.points[0]?.attributes).toEqual({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'network.protocol.name': 'http',
      'network.protocol.version': '1.1',
      'url.scheme': 'http',
    });
    const sent = stage.receiver.metrics.get('http.client.request.duration');
    expect(sent?.points.map(({ attributes }) => attributes)).toEqual([
      {
        'http.request.method': 'GET',
        'http.response.status_code': 200,
        'network.protocol.name': 'http',
        'network.protocol.version': '1.1',
        'url.scheme': 'http',
        'server.address': '127.0.0.1',
        'server.port': Number(new URL(upstream.url).port),
        'grantgate.service.name': 'echo@file',
      },
    ]);
  });

  it('are exported at every interval', async () => {
    const gateway = await start(viaHttp('pushInterval: 10ms,'));
    await visit(gateway.url);
    const point = await until(() => pointOf('grantgate_entrypoint_requests_total', { code: '200' }));
    expect(point.timeNs).toBeGreaterThan(point.startNs);
  });

  it('are exported over gRPC, with the configured resource', async () => {
    await stage.useGrpc();
    const gateway = await start(
      `otlp: { serviceName: edge, resourceAttributes: { team: a }, grpc: { endpoint: "127.0.0.1:${stage.receiver.port}", insecure: true, headers: { x-key: "urn:env:KEY" } } }`,
    );
    await visit(gateway.url);
    await stop(gateway);
    expect(pointOf('grantgate_entrypoint_requests_total', { code: '200' })?.value).toBe(1);
    expect(stage.receiver.metrics.get('grantgate_build_info')?.resource).toMatchObject({
      'service.name': 'edge',
      team: 'a',
    });
    expect(stage.receiver.headers()['x-key']).toBe('a-needle-of-the-collector');
  });

  it('never delay requests while the collector refuses or does not respond, and the log reports that once', async () => {
    stage.receiver.respondWith(400);
    const gateway = await start(viaHttp('pushInterval: 10ms,'));
    await until(() => stage.receiver.calls.length > 2);
    stage.receiver.respondWith(0);
    expect(await visit(gateway.url)).not.toBe('');
    stage.receiver.respondWith(200);
    await until(() => gateway.log.lines().some((line) => line.includes('export recovered')));
    const lost = gateway.log.lines().filter((line) => line.includes('export failed'));
    expect(lost).toHaveLength(1);
    expect(lost[0]).toContain('"signal":"metrics"');
  });

  it('are not served at /metrics without prometheus', async () => {
    const gateway = await start(viaHttp());
    expect(await visit(`${gateway.urlOf('admin')}/metrics`)).not.toContain('# TYPE');
  });

  it('sum up all workers, and are exported once', async () => {
    const served = serve(
      {
        entryPoints: { web: { address: '127.0.0.1:0' } },
        workers: 2,
        metrics: {
          otlp: { pushInterval: '50ms', http: { endpoint: `http://127.0.0.1:${stage.receiver.port}` } },
        },
      },
      {
        http: {
          routers: { api: { rule: 'PathPrefix(`/`)', service: 'echo' } },
          services: { echo: { loadBalancer: { servers: [{ url: upstream.url }] } } },
        },
      },
    );
    try {
      const { url, child } = await untilServing(served);
      for (let count = 0; count < 6; count += 1) await visit(url, { connection: 'close' });
      await until(() => pointOf('grantgate_entrypoint_requests_total', { code: '200' })?.value === 6);
      await until(() => pointOf('grantgate_workers', {})?.value === 2);
      // Replacing a worker loses no value.
      child.kill('SIGHUP');
      await served.untilLogged('workers replaced', 1);
      await visit(url, { connection: 'close' });
      child.kill('SIGTERM');
      expect(await served.ended).toBe(0);
      expect(pointOf('grantgate_entrypoint_requests_total', { code: '200' })?.value).toBe(7);
      const { resource } = stage.receiver.metrics.get('grantgate_entrypoint_requests_total')!;
      expect(resource['process.pid']).toBe(child.pid);
      expect(resource).not.toHaveProperty('grantgate.worker');
    } finally {
      served.close();
    }
  });
});
