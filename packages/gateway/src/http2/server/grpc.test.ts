import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { createFakeClock } from '../../../../testkit/src/fake-clock.ts';
import { openHttp2, readHttp2 } from '../../../../testkit/src/http2-client.ts';
import { startServer } from '../../../../testkit/src/http-server.ts';
import {
  allow,
  deny,
  startEntryPoint,
  type TestEntryPoint,
  type TestEntryPointOptions,
} from '../../entrypoints/entry-point.testkit.ts';
import type { RequestListener } from 'node:http';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).reverse()) await close();
});

async function start(
  listener: RequestListener,
  options: TestEntryPointOptions = {},
): Promise<TestEntryPoint> {
  const upstream = await startServer(listener);
  cleanups.push(() => upstream.close());
  const gateway = await startEntryPoint({ servers: [upstream.url], ...options });
  cleanups.push(() => gateway.close());
  return gateway;
}

const pass = (value: Buffer): Buffer => value;

/** Calls a method with an empty message. */
function call(gateway: TestEntryPoint, timeoutMs?: number): Promise<Buffer | ServiceError> {
  const client = new Client(`127.0.0.1:${gateway.port}`, credentials.createInsecure());
  cleanups.push(() => client.close());
  const deadline = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      '/test.Service/Method',
      pass,
      pass,
      Buffer.alloc(0),
      new Metadata(),
      deadline,
      (error, value) => resolve(error ?? value!),
    );
  });
}

const hello: RequestListener = (request, response) => {
  request.resume().on('end', () => {
    response.writeHead(200, { 'content-type': 'application/grpc', trailer: 'grpc-status' });
    response.write(Buffer.from([0, 0, 0, 0, 2, 0x68, 0x69]));
    response.addTrailers({ 'grpc-status': '0', 'own-trailer': 'kept' });
    response.end();
  });
};

describe('a gRPC call', () => {
  test('passes with its message and its trailers', async () => {
    const gateway = await start(hello, { steps: [() => allow()] });
    expect(String(await call(gateway))).toBe('hi');
    const client = await openHttp2(gateway.origin);
    cleanups.push(() => client.close());
    const response = await client.send(
      { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' },
      Buffer.alloc(5),
    );
    expect(response.trailers).toMatchObject({ 'grpc-status': '0', 'own-trailer': 'kept' });
  });

  test.each([
    ['credentials_missing', status.UNAUTHENTICATED],
    ['claims_not_satisfied', status.PERMISSION_DENIED],
    ['authorization_server_unavailable', status.UNAVAILABLE],
    ['authorization_server_timeout', status.DEADLINE_EXCEEDED],
  ] as const)('that a step refuses with %s has the status %d', async (code, expected) => {
    const gateway = await start(hello, { steps: [() => deny(code)] });
    const error = await call(gateway);
    expect(error).toMatchObject({ code: expected, details: deny(code).detail });
    const { metadata } = error as ServiceError;
    const [record] = gateway.records;
    expect(metadata.get('x-request-id')).toEqual([record?.requestId]);
    const details = (metadata.get('grpc-status-details-bin')[0] as Buffer).toString('latin1');
    expect(details).toContain(code.toUpperCase());
    expect(details).toContain('type.googleapis.com/google.rpc.ErrorInfo');
    expect(details).toContain(record?.requestId);
    expect(record).toMatchObject({ status: 200, refusal: { code } });
  });

  test('without a route is unimplemented', async () => {
    const gateway = await start(hello, { match: () => false });
    expect(await call(gateway)).toMatchObject({ code: status.UNIMPLEMENTED });
  });

  test('without a server is unavailable', async () => {
    const gateway = await start(hello, { servers: [] });
    expect(await call(gateway)).toMatchObject({ code: status.UNAVAILABLE });
  });

  test('with a body beyond the limit exhausts a resource', async () => {
    const gateway = await start(hello, { transport: { maxBodyBytes: 3 } });
    expect(await call(gateway)).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });

  test('ends when its own time is over, for the server too', async () => {
    const clock = createFakeClock();
    let ended = (): void => {};
    const cancelled = new Promise<void>((resolve) => (ended = resolve));
    let arrived = (): void => {};
    const reached = new Promise<void>((resolve) => (arrived = resolve));
    const gateway = await start(
      (_request, response) => {
        response.on('close', ended);
        arrived();
      },
      { clock },
    );
    const client = await openHttp2(gateway.origin);
    cleanups.push(() => client.close());
    const response = client.send(
      { ':method': 'POST', 'content-type': 'application/grpc', 'grpc-timeout': '2S' },
      Buffer.alloc(5),
    );
    await reached;
    await clock.advance(2000);
    expect(await response).toMatchObject({ status: 200, headers: { 'grpc-status': '4' } });
    await cancelled;
    expect(gateway.records).toMatchObject([{ refusal: { code: 'deadline_exceeded' } }]);
  });

  test('is not limited by the time for a body', async () => {
    const clock = createFakeClock();
    const gateway = await start(hello, { clock, transport: { readTimeoutMs: 1000 } });
    const client = await openHttp2(gateway.origin);
    cleanups.push(() => client.close());
    const stream = client.open({ ':method': 'POST', 'content-type': 'application/grpc+proto' });
    stream.write(Buffer.alloc(5));
    await new Promise((resolve) => client.session.ping(resolve));
    await clock.advance(10_000);
    const response = readHttp2(stream);
    stream.end();
    expect(await response).toMatchObject({ status: 200, trailers: { 'grpc-status': '0' } });
  });
});
