import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { request } from 'undici';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import type { EchoServer } from '../../packages/testkit/src/echo-server.ts';
import { startEchoServer, valuesOf } from '../../packages/testkit/src/echo-server.ts';
import { until } from '../../packages/testkit/src/until.ts';
import type { TestGateway } from './gateway.testkit.ts';
import type { ReceivedLog } from './otlp-messages.testkit.ts';
import { openOtlpStage } from './otlp-stage.testkit.ts';
import { serve, untilServing } from './workers.testkit.ts';

let server: AuthorizationServer;
let upstream: EchoServer;
const stage = openOtlpStage();

const basicOf = (secret: string): string => `Basic ${Buffer.from(`ada:${secret}`).toString('base64')}`;
const needles = [
  'the-secret-of-ada',
  basicOf('the-secret-of-ada').slice('Basic '.length),
  'a-needle-in-a-query',
  'a-needle-in-a-cookie',
  'a-wrong-secret-of-ada',
  basicOf('a-wrong-secret-of-ada').slice('Basic '.length),
  'a-needle-of-the-collector',
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
  http: {
    routers: { api: { rule: 'PathPrefix(`/`)', middlewares: ['callers'], service: 'echo' } },
    middlewares: { callers: { plugin: { oAuthClientCredentials: { url: server.url } } } },
    services: { echo: { loadBalancer: { servers: [{ url: upstream.url }] } } },
  },
});

async function start(install: string): Promise<TestGateway> {
  return stage.start({
    routes: { 'api.yaml': JSON.stringify(routes()) },
    env: { KEY: 'a-needle-of-the-collector' },
    install: `entryPoints: { web: { address: "127.0.0.1:0" } }\n${install}`,
  });
}

async function stop(gateway: TestGateway): Promise<readonly ReceivedLog[]> {
  await stage.stop(gateway);
  return stage.receiver.logs;
}

const viaHttp = (): string =>
  `otlp: { http: { endpoint: "http://127.0.0.1:${stage.receiver.port}", headers: { x-key: "urn:env:KEY" } } }`;
const viaGrpc = (): string =>
  `otlp: { serviceName: edge, grpc: { endpoint: "127.0.0.1:${stage.receiver.port}", insecure: true, headers: { x-key: "urn:env:KEY" } } }`;

async function visit(url: string, headers: Record<string, string> = {}): Promise<void> {
  const { body } = await request(url, {
    headers: { authorization: basicOf('the-secret-of-ada'), ...headers },
  });
  await body.dump();
}

/** Records of the log have no field of a request. */
const isAccess = ({ attributes }: ReceivedLog): boolean => 'RequestMethod' in attributes;
const parse = (line: string): Record<string, unknown> => JSON.parse(line) as Record<string, unknown>;

describe('the log over OTLP', () => {
  it('contains the lines of the text log, which continues, with the level, and the trace of a refusal', async () => {
    const gateway = await start(
      `log: { level: debug, ${viaHttp()} }\ntracing: { sampleRate: 0, ${viaHttp()} }`,
    );
    await visit(gateway.url, { authorization: '' });
    const logs = await stop(gateway);
    const lines = gateway.log.lines().map(parse);
    expect(logs.map(({ body }) => body)).toEqual(lines.map(({ msg }) => msg));
    expect(logs.map(({ severityText }) => severityText.toLowerCase())).toEqual(
      lines.map(({ level }) => level),
    );
    const line = lines.find(({ code }) => code === 'credentials_missing')!;
    const { level, time, msg, traceId, spanId, ...fields } = line;
    const refused = logs.find(({ attributes }) => attributes['code'] === 'credentials_missing');
    expect(refused).toMatchObject({ severity: 5, severityText: 'DEBUG', body: msg, traceId, spanId });
    expect(refused?.attributes).toEqual(fields);
    expect(level).toBe('debug');
    expect(Math.abs(Number(refused!.timeNs / 1_000_000n) - Date.parse(String(time)))).toBeLessThan(1000);
    expect(logs[0]!.resource).toMatchObject({ 'service.name': 'grantgate' });
    expect(stage.receiver.headers()['x-key']).toBe('a-needle-of-the-collector');
  });

  it('omits lines below the configured level', async () => {
    const gateway = await start(`log: { level: error, ${viaHttp()} }`);
    await visit(gateway.url);
    expect(await stop(gateway)).toEqual([]);
  });
});

describe('the access log over OTLP', () => {
  it('has the fields of the lines, with the trace, and replaces the lines', async () => {
    const gateway = await start(`accessLog: { format: json, ${viaHttp()} }\ntracing: { ${viaHttp()} }`);
    await visit(`${gateway.url}/orders?id=7`);
    const [record] = (await stop(gateway)).filter(isAccess);
    const span = stage.receiver.spans.find(({ kind }) => kind === 2)!;
    expect(gateway.accessLog.lines()).toEqual([]);
    expect(record).toMatchObject({
      body: 'GET /orders?id=7 200',
      severity: 9,
      traceId: span.traceId,
      spanId: span.spanId,
      flags: 1,
    });
    expect(record!.attributes).toMatchObject({
      DownstreamStatus: 200,
      RequestMethod: 'GET',
      RequestPath: '/orders?id=7',
      RouterName: 'api@file',
      ClientUsername: '-',
      entryPointName: 'web',
    });
    expect(record!.attributes).not.toHaveProperty('TraceId');
  });

  it('has the same fields as the lines that dualOutput writes', async () => {
    const gateway = await start(
      `accessLog: { format: json, dualOutput: true, fields: { names: { ClientPort: drop, RequestPath: drop }, headers: { names: { User-Agent: keep, Cookie: keep } } }, ${viaHttp()} }`,
    );
    await visit(`${gateway.url}/orders`, { 'user-agent': 'test', cookie: 'session=a-needle-in-a-cookie' });
    const [record] = (await stop(gateway)).filter(isAccess);
    const { level, msg, time, ...fields } = parse(gateway.accessLog.lines()[0]!);
    expect([level, msg, typeof time]).toEqual(['info', '', 'string']);
    expect(record!.attributes).toEqual(fields);
    expect(record!.attributes).toMatchObject({ 'request_User-Agent': 'test', request_Cookie: 'REDACTED' });
    expect(record!.body).toBe('GET 200');
  });

  it('omits requests that the filters exclude', async () => {
    const gateway = await start(`accessLog: { filters: { statusCodes: ["401"] }, ${viaHttp()} }`);
    await visit(gateway.url);
    await visit(gateway.url, { authorization: '' });
    const logs = await stop(gateway);
    expect(logs.map(({ attributes }) => attributes['DownstreamStatus'])).toEqual([401]);
    expect(logs[0]!.attributes).toMatchObject({ RefusalCode: 'credentials_missing' });
  });

  it('is exported over gRPC, with its own resource', async () => {
    await stage.useGrpc();
    const gateway = await start(`accessLog: { ${viaGrpc()} }`);
    await visit(gateway.url);
    const logs = await stop(gateway);
    expect(logs.map(({ body }) => body)).toEqual(['GET / 200']);
    expect(logs[0]!.resource).toMatchObject({ 'service.name': 'edge' });
    expect(stage.receiver.headers()['x-key']).toBe('a-needle-of-the-collector');
  });
});

describe('logs over OTLP', () => {
  it('contain no secret, token or query value, in any byte', async () => {
    const gateway = await start(
      `log: { level: debug, ${viaHttp()} }\naccessLog: { fields: { headers: { defaultMode: keep } }, ${viaHttp()} }`,
    );
    await visit(`${gateway.url}/a?access_token=a-needle-in-a-query`, {
      cookie: 'session=a-needle-in-a-cookie',
    });
    const token = valuesOf(upstream.received.at(-1)!, 'authorization')[0]!.slice('Bearer '.length);
    await visit(gateway.url, { authorization: basicOf('a-wrong-secret-of-ada') });
    expect((await stop(gateway)).filter(isAccess)).toHaveLength(2);
    const received = stage.receiver.received();
    expect([...needles, token].filter((needle) => received.includes(needle))).toEqual([]);
  });

  it('never delay requests while the collector is lost or does not respond, and the log reports that once', async () => {
    stage.receiver.respondWith(400);
    const gateway = await start(`accessLog: { ${viaHttp()} }`);
    await visit(gateway.url);
    await until(() => gateway.log.lines().some((line) => line.includes('export failed')));
    stage.receiver.respondWith(0);
    await visit(gateway.url);
    await until(() => stage.receiver.calls.length > 1);
    await visit(gateway.url);
    stage.receiver.respondWith(200);
    await visit(gateway.url);
    await stop(gateway);
    expect(gateway.log.lines().filter((line) => line.includes('export failed'))).toHaveLength(1);
  });

  it('come from each worker and from the primary', async () => {
    const otlp = { http: { endpoint: `http://127.0.0.1:${stage.receiver.port}` } };
    const entryPoints = { web: { address: '127.0.0.1:0' } };
    const served = serve({ entryPoints, workers: 2, log: { otlp }, accessLog: { otlp } }, routes());
    try {
      const { url, child } = await untilServing(served);
      await visit(url);
      child.kill('SIGTERM');
      expect(await served.ended).toBe(0);
      const stopped = stage.receiver.logs.filter(({ body }) => body === 'stopped');
      expect(stopped.map(({ resource }) => resource['grantgate.worker']).sort()).toEqual([1, 2, undefined]);
      expect(stopped.map(({ attributes }) => attributes['worker']).sort()).toEqual([1, 2, undefined]);
      expect(stage.receiver.logs.filter(isAccess)).toHaveLength(1);
      expect(await served.stdout).toBe('');
    } finally {
      served.close();
    }
  });
});
