import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { toBytesMethod } from '../../../testkit/src/grpc-method.ts';
import { until } from '../../../testkit/src/until.ts';
import type { HealthCheckConfig } from '../config/dynamic.ts';
import { startHealthCheck, type HealthCheck } from './health-check.ts';
import { createHealthPools } from './pools.ts';
import { defaultUpstreamTransport } from './transport.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).reverse()) await close();
});

const config: HealthCheckConfig = {
  mode: 'grpc',
  path: '/',
  method: 'GET',
  scheme: undefined,
  port: undefined,
  hostname: undefined,
  headers: { 'X-Own': 'yes' },
  intervalMs: 1000,
  unhealthyIntervalMs: 1000,
  timeoutMs: 500,
  followRedirects: true,
  status: 0,
};

function start(url: string) {
  const clock = createFakeClock();
  const healthPools = createHealthPools(clock, defaultUpstreamTransport);
  const check: HealthCheck = startHealthCheck(url, config, { clock, healthPools });
  cleanups.push(() => check.stop());
  return { clock, check };
}

const checkMethod = toBytesMethod('/grpc.health.v1.Health/Check');

async function listen(server: Http2Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

describe('a health check over gRPC', () => {
  it.each(['h2c', 'http'])('follows the status that a gRPC server reports: %s', async (scheme) => {
    let status = 1;
    let calls = 0;
    const server = new Server();
    server.addService(
      { check: checkMethod },
      {
        check: ((_call: unknown, done: (error: null, value: Buffer) => void) => {
          calls += 1;
          done(null, Buffer.from([8, status]));
        }) as never,
      },
    );
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    cleanups.push(() => {
      server.forceShutdown();
      return Promise.resolve();
    });
    const { clock, check } = start(`${scheme}://127.0.0.1:${port}`);
    await until(() => clock.pending() > 0 && calls === 1);
    status = 2;
    await until(async () => {
      await clock.advance(100);
      return !check.healthy();
    });
    status = 1;
    await until(async () => {
      await clock.advance(100);
      return check.healthy();
    });
    expect(calls).toBeGreaterThanOrEqual(3);
  });

  it.each<[string, (stream: ServerHttp2Stream) => void]>([
    ['is unimplemented', (stream) => stream.respond({ ':status': 200, 'grpc-status': '12' }, { endStream: true })],
    ['has another HTTP status', (stream) => stream.respond({ ':status': 503 }, { endStream: true })],
    ['has no trailers', (stream) => { stream.respond({ ':status': 200 }); stream.end(Buffer.from([0, 0, 0, 0, 2, 8, 1])); }],
    ['has a truncated message', (stream) => respondWith(stream, Buffer.from([0, 0, 0, 0, 3, 8, 1]))],
    ['has no status', (stream) => respondWith(stream, Buffer.from([0, 0, 0, 0, 0]))],
    ['is compressed', (stream) => respondWith(stream, Buffer.from([1, 0, 0, 0, 2, 8, 1]))],
    ['is too large', (stream) => respondWith(stream, Buffer.alloc(2000))],
    ['is reset', (stream) => stream.close(2)],
    ['never comes', () => {}],
  ])('marks a server as unhealthy whose response %s', async (_, respond) => {
    const server = createHttp2Server();
    server.on('stream', (stream) => {
      stream.on('error', () => {});
      respond(stream);
    });
    const { clock, check } = start(`h2c://127.0.0.1:${await listen(server)}`);
    await until(async () => {
      await clock.advance(100);
      return !check.healthy();
    });
    expect(check.healthy()).toBe(false);
  }); // prettier-ignore
});

function respondWith(stream: ServerHttp2Stream, message: Buffer): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(message);
}
