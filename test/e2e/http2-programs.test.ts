import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, Metadata, Server, ServerCredentials, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sameBytes, toBytesMethod } from '../../packages/testkit/src/grpc-method.ts';
import { findClosedPort } from '../../packages/testkit/src/scripted-server.ts';
import { until } from '../../packages/testkit/src/until.ts';
import { sendRequest } from '../conformance/send-request.testkit.ts';
import { findEnvoy } from './beside.testkit.ts';
import { startTestGateway, type TestGateway } from './gateway.testkit.ts';

const envoy = findEnvoy();
const echo = toBytesMethod('/testing.Test/Echo', true, true);

let folder: string;
let service: Server;
let gateway: TestGateway;
const ports = { nginx: 0, envoy: 0, front: 0, grpc: 0 };
const children: ChildProcess[] = [];

/** A listener of Envoy that accepts HTTP/2 without TLS, and the cluster behind it. */
const toEnvoy = (listeners: readonly (readonly [port: number, to: number])[]): string =>
  JSON.stringify({
    static_resources: {
      listeners: listeners.map(([port, to]) => ({
        name: `on-${port}`,
        address: { socket_address: { address: '127.0.0.1', port_value: port } },
        filter_chains: [
          {
            filters: [
              {
                name: 'envoy.filters.network.http_connection_manager',
                typed_config: {
                  '@type':
                    'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
                  stat_prefix: 'in',
                  codec_type: 'HTTP2',
                  route_config: {
                    virtual_hosts: [
                      { name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: `to-${to}`, timeout: '0s' } }] },
                    ],
                  },
                  http_filters: [
                    {
                      name: 'envoy.filters.http.router',
                      typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
                    },
                  ],
                },
              },
            ],
          },
        ],
      })),
      clusters: listeners.map(([, to]) => ({
        name: `to-${to}`,
        type: 'STATIC',
        typed_extension_protocol_options: {
          'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
            '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
            explicit_http_config: { http2_protocol_options: {} },
          },
        },
        load_assignment: {
          cluster_name: `to-${to}`,
          endpoints: [
            { lb_endpoints: [{ endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: to } } } }] },
          ],
        },
      })),
    },
  }); // prettier-ignore

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantgate-http2-'));
  await chmod(folder, 0o755);
  service = new Server();
  service.addService(
    { echo },
    {
      echo: ((call: NodeJS.ReadWriteStream & { metadata: Metadata }) => {
        call.on('data', (part: Buffer) => {
          if (String(part) !== 'fail') call.write(part);
          else call.emit('error', { code: 9, details: 'as the caller asked', metadata: new Metadata() });
        });
        call.on('end', () => void call.end());
      }) as never,
    },
  );
  ports.grpc = await new Promise<number>((resolve, reject) => {
    service.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  for (const name of ['nginx', 'envoy', 'front'] as const) ports[name] = await findClosedPort();
  await writeFile(
    join(folder, 'nginx.conf'),
    `pid nginx.pid; error_log stderr crit; daemon off; events {}
    http {
      access_log off; client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp; uwsgi_temp_path temp; scgi_temp_path temp;
      server {
        listen 127.0.0.1:${ports.nginx} http2; http2_max_concurrent_streams 8; keepalive_requests 20;
        location / { return 200 "$server_protocol $http_x_to"; }
        location /testing.Test/ { grpc_pass grpc://127.0.0.1:${ports.grpc}; }
      }
    }`,
  );
  gateway = await startTestGateway({
    routes: {
      'routes.yaml': `
http:
  routers:
    nginx: { rule: "Header(\`X-To\`, \`nginx\`)", service: nginx }
    envoy: { rule: "Header(\`X-To\`, \`envoy\`)", service: envoy }
    grpc: { rule: "Header(\`X-To\`, \`grpc\`)", service: grpc }
  services:
    nginx: { loadBalancer: { servers: [{ url: "h2c://127.0.0.1:${ports.nginx}" }] } }
    envoy: { loadBalancer: { servers: [{ url: "h2c://127.0.0.1:${ports.envoy}" }] } }
    grpc: { loadBalancer: { servers: [{ url: "h2c://127.0.0.1:${ports.grpc}" }] } }
`,
    },
  });
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };
  children.push(spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { env, stdio: 'ignore' }));
  if (envoy !== undefined) {
    const file = join(folder, 'envoy.json');
    await writeFile(
      file,
      toEnvoy([
        [ports.envoy, ports.grpc],
        [ports.front, Number(new URL(gateway.url).port)],
      ]),
    );
    children.push(
      spawn(envoy, ['-c', file, '--use-dynamic-base-id', '--concurrency', '1', '-l', 'off'], {
        stdio: 'ignore',
      }),
    );
  }
  await until(async () => (await get()).status === 200);
  if (envoy !== undefined) await until(async () => (await call(gateway.url, 'envoy', [])).code === 0);
});
afterAll(async () => {
  for (const child of children) child.kill('SIGTERM');
  await gateway.close();
  service.forceShutdown();
  await rm(folder, { recursive: true, force: true });
});

const get = () => sendRequest(gateway.url, { path: '/', headers: ['X-To', 'nginx'] });

interface CallOutcome {
  readonly code: number;
  readonly details: string;
  readonly parts: readonly string[];
}

/** Sends each message after the response to the previous one has arrived. */
function call(url: string, to: string, messages: readonly string[]): Promise<CallOutcome> {
  const client = new Client(new URL(url).host, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.add('x-to', to);
  return new Promise((resolve) => {
    const parts: string[] = [];
    const stream = client.makeBidiStreamRequest(echo.path, sameBytes, sameBytes, metadata);
    const next = (): void => {
      const message = messages[parts.length];
      if (message === undefined) stream.end();
      else stream.write(Buffer.from(message));
    };
    stream.on('data', (part: Buffer) => {
      parts.push(String(part));
      next();
    });
    stream.on('error', (_error: ServiceError) => {});
    stream.on('status', ({ code, details }) => {
      client.close();
      resolve({ code, details, parts });
    });
    next();
  });
}

describe('nginx as an HTTP/2 server', () => {
  it('receives more concurrent requests than a connection allows, and closes connections after some', async () => {
    for (let round = 0; round < 5; round += 1) {
      const responses = await Promise.all(Array.from({ length: 30 }, get));
      expect(new Set(responses.map(({ status, body }) => `${status} ${body}`))).toEqual(
        new Set(['200 HTTP/2.0 nginx']),
      );
    }
  });

  it('forwards gRPC', async () => {
    expect(await call(gateway.url, 'nginx', ['a', 'b'])).toEqual({
      code: 0,
      details: 'OK',
      parts: ['a', 'b'],
    });
    expect(await call(gateway.url, 'nginx', ['a', 'fail'])).toMatchObject({
      code: 9,
      details: 'as the caller asked',
    });
  });
});

describe.skipIf(envoy === undefined)('Envoy', () => {
  it.each([
    ['behind the gateway', () => [gateway.url, 'envoy'] as const],
    ['in front of it', () => [`http://127.0.0.1:${ports.front}`, 'grpc'] as const],
    ['on both sides', () => [`http://127.0.0.1:${ports.front}`, 'envoy'] as const],
  ])('%s carries gRPC', async (_, where) => {
    const [url, to] = where();
    expect(await call(url, to, ['a', 'b', 'c'])).toEqual({ code: 0, details: 'OK', parts: ['a', 'b', 'c'] });
    expect(await call(url, to, ['a', 'fail'])).toMatchObject({
      code: 9,
      details: 'as the caller asked',
      parts: ['a'],
    });
  });
});
