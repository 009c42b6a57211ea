import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  status,
  type ServiceError,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDeferred } from '../../../testkit/src/deferred.ts';
import { sameBytes, toBytesMethod } from '../../../testkit/src/grpc-method.ts';
import { until } from '../../../testkit/src/until.ts';
import { allow, startEntryPoint, type TestEntryPoint } from '../entrypoints/entry-point.testkit.ts';

// The cases of gRPC's interoperability suite, with messages as bytes.

const method = (name: string, requestStream: boolean, responseStream: boolean) =>
  toBytesMethod(`/testing.Test/${name}`, requestStream, responseStream);
const methods = {
  unary: method('Unary', false, false),
  client: method('Client', true, false),
  server: method('Server', false, true),
  bidi: method('Bidi', true, true),
};

let gateway: TestEntryPoint;
let server: Server;
let client: Client;
let cancelled = createDeferred();
const seen: Metadata[] = [];

const implementation: UntypedServiceImplementation = {
  unary: ((call: { request: Buffer; metadata: Metadata; sendMetadata(metadata: Metadata): void }, done: (error: unknown, value?: Buffer, trailer?: Metadata) => void) => {
    seen.push(call.metadata);
    const text = call.request.toString();
    const trailer = new Metadata();
    for (const value of call.metadata.get('x-echo-trailer-bin')) trailer.add('x-echo-trailer-bin', value);
    if (text.startsWith('fail ')) {
      const [, code, ...message] = text.split(' ');
      done({ code: Number(code), details: message.join(' '), metadata: trailer });
      return;
    }
    const initial = new Metadata();
    for (const value of call.metadata.get('x-echo-initial')) initial.add('x-echo-initial', value);
    call.sendMetadata(initial);
    done(null, call.request, trailer);
  }) as never,
  client: ((call: NodeJS.ReadableStream, done: (error: unknown, value?: Buffer) => void) => {
    let size = 0;
    call.on('data', (part: Buffer) => (size += part.length));
    call.on('end', () => done(null, Buffer.from(String(size))));
  }) as never,
  server: ((call: NodeJS.WritableStream & { request: Buffer }) => {
    for (const size of call.request.toString().split(',')) call.write(Buffer.alloc(Number(size)) as never);
    call.end();
  }) as never,
  bidi: ((call: NodeJS.ReadWriteStream) => {
    call.on('data', (part: Buffer) => void call.write(part));
    call.on('end', () => void call.end());
    call.on('cancelled', () => cancelled.resolve());
  }) as never,
}; // prettier-ignore

beforeAll(async () => {
  server = new Server();
  server.addService(methods, implementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  gateway = await startEntryPoint({
    servers: [`h2c://127.0.0.1:${port}`],
    steps: [() => allow({ Group: 'admin' })],
  });
  client = new Client(`127.0.0.1:${gateway.port}`, credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  server.forceShutdown();
  await gateway.close();
});

interface UnaryOutcome {
  readonly error: ServiceError | null;
  readonly value: Buffer | undefined;
  readonly initial: Metadata | undefined;
  readonly trailing: Metadata | undefined;
}

function callUnary(message: Buffer, metadata = new Metadata(), deadline?: Date): Promise<UnaryOutcome> {
  return new Promise((resolve) => {
    let initial: Metadata | undefined;
    let outcome: Pick<UnaryOutcome, 'error' | 'value'> | undefined;
    let trailing: Metadata | undefined;
    let isClosed = false;
    const finish = (): void => {
      if (outcome !== undefined && isClosed) resolve({ ...outcome, initial, trailing });
    };
    const call = client.makeUnaryRequest(
      methods.unary.path, sameBytes, sameBytes, message, metadata, deadline === undefined ? {} : { deadline },
      (error, value) => {
        outcome = { error, value };
        finish();
      },
    ); // prettier-ignore
    call.on('metadata', (received) => (initial = received));
    call.on('status', ({ metadata: received }) => {
      trailing = received;
      isClosed = true;
      finish();
    });
  });
}

describe('gRPC from a caller to a server', () => {
  it('empty_unary', async () => {
    expect(await callUnary(Buffer.alloc(0))).toMatchObject({ error: null, value: Buffer.alloc(0) });
    expect(seen.at(-1)?.getMap()).toMatchObject({ group: 'admin', authorization: 'Bearer issued-token' });
  });

  it('large_unary', async () => {
    const message = Buffer.alloc(1024 * 1024, 'x');
    const { error, value } = await callUnary(message);
    expect(error).toBeNull();
    expect(value?.equals(message)).toBe(true);
  });

  it('custom_metadata', async () => {
    const metadata = new Metadata();
    metadata.add('x-echo-initial', 'test_initial_metadata_value');
    metadata.add('x-echo-trailer-bin', Buffer.from([0xab, 0xab, 0xab]));
    const { initial, trailing } = await callUnary(Buffer.from('a'), metadata);
    expect(initial?.get('x-echo-initial')).toEqual(['test_initial_metadata_value']);
    expect(trailing?.get('x-echo-trailer-bin')).toEqual([Buffer.from([0xab, 0xab, 0xab])]);
  });

  it.each([
    ['status_code_and_message', 2, 'test status message'],
    [
      'special_status_message',
      2,
      '\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \u{1f608}\t\n',
    ],
    ['unauthenticated', 16, 'no'],
  ])('%s', async (_, code, details) => {
    const { error } = await callUnary(Buffer.from(`fail ${code} ${details}`));
    expect(error).toMatchObject({ code, details });
  });

  it('unimplemented_method', async () => {
    const error = await new Promise<ServiceError | null>((resolve) => {
      client.makeUnaryRequest('/testing.Test/Missing', sameBytes, sameBytes, Buffer.alloc(0), (failure) =>
        resolve(failure),
      );
    });
    expect(error?.code).toBe(status.UNIMPLEMENTED);
  });

  it('client_streaming', async () => {
    const result = createDeferred<Buffer | undefined>();
    const call = client.makeClientStreamRequest(methods.client.path, sameBytes, sameBytes, (_error, value) =>
      result.resolve(value),
    );
    for (const size of [27_182, 8, 1828, 45_904]) call.write(Buffer.alloc(size));
    call.end();
    expect(String(await result.promise)).toBe('74922');
  });

  it('server_streaming', async () => {
    const call = client.makeServerStreamRequest(
      methods.server.path,
      sameBytes,
      sameBytes,
      Buffer.from('31415,9,2653,58979'),
    );
    const sizes: number[] = [];
    for await (const part of call) sizes.push((part as Buffer).length);
    expect(sizes).toEqual([31_415, 9, 2653, 58_979]);
  });

  it('ping_pong', async () => {
    const call = client.makeBidiStreamRequest(methods.bidi.path, sameBytes, sameBytes);
    const pongs: string[] = [];
    const ended = createDeferred<number>();
    call.on('data', (part: Buffer) => pongs.push(String(part)));
    call.on('status', ({ code }) => ended.resolve(code));
    for (const ping of ['a', 'b', 'c', 'd']) {
      call.write(Buffer.from(ping));
      await until(() => pongs.at(-1) === ping);
    }
    call.end();
    expect(await ended.promise).toBe(status.OK);
    expect(pongs).toEqual(['a', 'b', 'c', 'd']);
  });

  it('empty_stream', async () => {
    const call = client.makeBidiStreamRequest(methods.bidi.path, sameBytes, sameBytes);
    const ended = createDeferred<number>();
    let parts = 0;
    call.on('data', () => (parts += 1)).on('status', ({ code }) => ended.resolve(code));
    call.end();
    expect([await ended.promise, parts]).toEqual([status.OK, 0]);
  });

  it('cancel_after_first_response', async () => {
    cancelled = createDeferred();
    const call = client.makeBidiStreamRequest(methods.bidi.path, sameBytes, sameBytes);
    const first = createDeferred();
    const ended = createDeferred<number>();
    call.on('data', () => first.resolve()).on('error', () => {});
    call.on('status', ({ code }) => ended.resolve(code));
    call.write(Buffer.from('a'));
    await first.promise;
    call.cancel();
    expect(await ended.promise).toBe(status.CANCELLED);
    await expect(cancelled.promise).resolves.toBeUndefined();
  });

  it('timeout_on_sleeping_server', async () => {
    cancelled = createDeferred();
    const call = client.makeBidiStreamRequest(methods.bidi.path, sameBytes, sameBytes, {
      deadline: Date.now() + 50,
    });
    const ended = createDeferred<number>();
    call.on('data', () => {}).on('error', () => {});
    call.on('status', ({ code }) => ended.resolve(code));
    call.write(Buffer.from('a'));
    expect(await ended.promise).toBe(status.DEADLINE_EXCEEDED);
    await expect(cancelled.promise).resolves.toBeUndefined();
  });

  it('many streams share the connections', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, index) => callUnary(Buffer.from(String(index)))),
    );
    expect(outcomes.map(({ value }) => String(value))).toEqual(
      Array.from({ length: 200 }, (_, index) => String(index)),
    );
  });
});
