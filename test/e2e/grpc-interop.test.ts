import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import {
  Client,
  compressionAlgorithms,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  status,
  type ClientOptions,
  type ServiceError,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../../packages/testkit/src/authorization-server.ts';
import { createTestAuthority } from '../../packages/testkit/src/certificates.ts';
import { createDeferred } from '../../packages/testkit/src/deferred.ts';
import { sameBytes, toBytesMethod } from '../../packages/testkit/src/grpc-method.ts';
import { startTestGateway, type TestGateway } from './gateway.testkit.ts';

// Cases of gRPC's interoperability suite, with messages as bytes, through a whole gateway with an authenticated route. The cases of an
// entry point alone are in packages/gateway/src/proxy/grpc.test.ts.

const methods = {
  unary: toBytesMethod('/grpc.testing.TestService/UnaryCall', false, false),
  input: toBytesMethod('/grpc.testing.TestService/StreamingInputCall', true, false),
  duplex: toBytesMethod('/grpc.testing.TestService/FullDuplexCall', true, true),
  reflection: toBytesMethod('/grpc.reflection.v1.ServerReflection/ServerReflectionInfo', true, true),
};

interface DuplexCall extends Omit<NodeJS.ReadWriteStream, 'end'> {
  end(metadata: Metadata): void;
  readonly metadata: Metadata;
  sendMetadata(metadata: Metadata): void;
}

let cancelled = createDeferred();
/** `grpc-encoding` of each request. */
const encodings: unknown[] = [];

function duplex(call: DuplexCall, respond: (part: Buffer) => Buffer | Error): void {
  const initial = new Metadata();
  for (const value of call.metadata.get('x-echo-initial')) initial.add('x-echo-initial', value);
  call.sendMetadata(initial);
  const trailer = new Metadata();
  for (const value of call.metadata.get('x-echo-trailer-bin')) trailer.add('x-echo-trailer-bin', value);
  call.on('data', (part: Buffer) => {
    const response = respond(part);
    if (response instanceof Error) call.emit('error', Object.assign(response, { metadata: trailer }));
    else call.write(response);
  });
  call.on('end', () => call.end(trailer));
}

const implementation: UntypedServiceImplementation = {
  unary: ((call: { request: Buffer; metadata: Metadata }, done: (error: unknown, value?: Buffer) => void) =>
    done(null, call.request)) as never,
  input: ((call: NodeJS.ReadableStream & { on(name: string, told: () => void): void }, done: (error: unknown, value?: Buffer) => void) => {
    let bytes = 0;
    call.on('data', (part: Buffer) => (bytes += part.length));
    call.on('cancelled', () => cancelled.resolve());
    call.on('end', () => done(null, Buffer.from(String(bytes))));
  }) as never,
  duplex: ((call: DuplexCall) =>
    duplex(call, (part) =>
      String(part).startsWith('fail ')
        ? Object.assign(new Error(), { code: 2, details: String(part).slice(5) })
        : part,
    )) as never,
  // `list_services_response` with one service, for any request.
  reflection: ((call: DuplexCall) =>
    duplex(call, () => Buffer.from('321e0a1c0a1a677270632e74657374696e672e5465737453657276696365', 'hex'))) as never,
}; // prettier-ignore

const authority = createTestAuthority();
const basic = `Basic ${Buffer.from('alice:alice-secret').toString('base64')}`;
let tokens: AuthorizationServer;
let server: Server;
/** A server that compresses its messages, which grpc-js does not. */
let compressing: Http2Server;
let gateway: TestGateway;

beforeAll(async () => {
  tokens = await startAuthorizationServer({ clients: [{ clientId: 'alice', clientSecret: 'alice-secret' }] });
  server = new Server();
  server.addService(methods, implementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  compressing = createHttp2Server();
  compressing.on('stream', (stream, headers) => {
    encodings.push(headers['grpc-encoding']);
    stream.resume().on('end', () => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-encoding': 'gzip' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      for (const text of ['one', 'two']) stream.write(toMessage(gzipSync(text.repeat(1000)), true));
      stream.end();
    });
  }); // prettier-ignore
  await new Promise<void>((resolve) => compressing.listen(0, '127.0.0.1', resolve));
  const { cert, key } = authority.issue('localhost', ['localhost']);
  gateway = await startTestGateway({
    install: `
entryPoints:
  web: { address: "127.0.0.1:0" }
  websecure: { address: "127.0.0.1:0", http: { tls: {} } }
`,
    routes: {
      'routes.yaml': `
http:
  routers:
    grpc: { rule: "PathPrefix(\`/grpc.\`)", middlewares: [auth], service: grpc }
    gzip: { rule: "PathPrefix(\`/gzip.\`)", middlewares: [auth], service: gzip }
  middlewares: { auth: { plugin: { oAuthClientCredentials: { url: "${tokens.url}" } } } }
  services:
    grpc: { loadBalancer: { servers: [{ url: "h2c://127.0.0.1:${port}" }] } }
    gzip: { loadBalancer: { servers: [{ url: "h2c://127.0.0.1:${(compressing.address() as AddressInfo).port}" }] } }
tls: { certificates: [{ certFile: ${JSON.stringify(cert)}, keyFile: ${JSON.stringify(key)} }] }
`,
    },
  });
});
afterAll(async () => {
  await gateway.close();
  server.forceShutdown();
  compressing.close();
  await tokens.close();
});

/** A message with its prefix. */
function toMessage(bytes: Buffer, isCompressed: boolean): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = isCompressed ? 1 : 0;
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

const metadataWith = (fields: Readonly<Record<string, string | Buffer>> = {}): Metadata => {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries({ authorization: basic, ...fields })) metadata.set(name, value);
  return metadata;
};

interface StreamOutcome {
  readonly code: number;
  readonly details: string;
  readonly parts: readonly string[];
  readonly initial: Metadata | undefined;
  readonly trailing: Metadata;
}

describe.each(['prior knowledge', 'TLS and ALPN'])('gRPC by %s', (transport) => {
  const isTls = transport === 'TLS and ALPN';
  const connect = (options: ClientOptions = {}): Client => {
    const { port } = new URL(gateway.urlOf(isTls ? 'websecure' : 'web'));
    const channel = isTls ? credentials.createSsl(Buffer.from(authority.cert)) : credentials.createInsecure();
    return new Client(`localhost:${port}`, channel, { 'grpc.use_local_subchannel_pool': 1, ...options });
  };

  const callUnary = (client: Client, path: string, message: Buffer, metadata = metadataWith()): Promise<Buffer | ServiceError> =>
    new Promise((resolve) => {
      client.makeUnaryRequest(path, sameBytes, sameBytes, message, metadata, (error, value) => resolve(error ?? value!));
    }); // prettier-ignore

  const callStream = (
    path: string,
    messages: readonly string[],
    metadata = metadataWith(),
    options: ClientOptions = {},
  ): Promise<StreamOutcome> => {
    const client = connect(options);
    const call = client.makeBidiStreamRequest(path, sameBytes, sameBytes, metadata);
    const parts: string[] = [];
    let initial: Metadata | undefined;
    call.on('metadata', (received) => (initial = received));
    call.on('data', (part: Buffer) => parts.push(String(part))).on('error', () => {});
    for (const message of messages) call.write(Buffer.from(message));
    call.end();
    return new Promise((resolve) =>
      call.on('status', ({ code, details, metadata: trailing }) => {
        client.close();
        resolve({ code, details, parts, initial, trailing });
      }),
    );
  };

  it('custom_metadata of full duplex calls', async () => {
    const metadata = metadataWith({
      'x-echo-initial': 'test',
      'x-echo-trailer-bin': Buffer.from([0xab, 0xab, 0xab]),
    });
    const { code, initial, trailing } = await callStream(methods.duplex.path, ['a'], metadata);
    expect(code).toBe(status.OK);
    expect(initial?.get('x-echo-initial')).toEqual(['test']);
    expect(trailing.get('x-echo-trailer-bin')).toEqual([Buffer.from([0xab, 0xab, 0xab])]);
  });

  it('status_code_and_message of full duplex calls', async () => {
    expect(await callStream(methods.duplex.path, ['fail test status message'])).toMatchObject({
      code: status.UNKNOWN,
      details: 'test status message',
    });
  });

  it.each([
    ['unimplemented_method', '/grpc.testing.TestService/UnimplementedCall'],
    ['unimplemented_service', '/grpc.testing.UnimplementedService/UnimplementedCall'],
    ['a service without a route', '/other.Service/Call'],
  ])('%s', async (_, path) => {
    const client = connect();
    expect(await callUnary(client, path, Buffer.alloc(0))).toMatchObject({ code: status.UNIMPLEMENTED });
    client.close();
  });

  it('per_rpc_creds, and calls without them', async () => {
    const client = connect();
    expect(await callUnary(client, methods.unary.path, Buffer.from('a'))).toEqual(Buffer.from('a'));
    expect(await callUnary(client, methods.unary.path, Buffer.from('a'), new Metadata())).toMatchObject({
      code: status.UNAUTHENTICATED,
    });
    expect(await callStream(methods.duplex.path, ['a', 'b'], new Metadata())).toMatchObject({
      code: status.UNAUTHENTICATED,
      parts: [],
    });
    client.close();
  });

  it('cancel_after_begin', async () => {
    cancelled = createDeferred();
    const client = connect();
    const ended = createDeferred<number | undefined>();
    const call = client.makeClientStreamRequest(
      methods.input.path,
      sameBytes,
      sameBytes,
      metadataWith(),
      (error) => ended.resolve(error?.code),
    );
    call.write(Buffer.from('a'));
    await reached();
    call.cancel();
    expect(await ended.promise).toBe(status.CANCELLED);
    await cancelled.promise;
    client.close();
  });

  /** Resolves after a later call has been served, so that the previous call has arrived. */
  const reached = async (): Promise<void> => {
    const client = connect();
    await callUnary(client, methods.unary.path, Buffer.from('a'));
    client.close();
  };

  it('concurrent_large_unary', async () => {
    const client = connect();
    const message = Buffer.alloc(314_159, 'x');
    const responses = await Promise.all(
      Array.from({ length: 50 }, () => callUnary(client, methods.unary.path, message)),
    );
    expect(responses.filter((response) => !Buffer.isBuffer(response) || !response.equals(message))).toEqual(
      [],
    );
    client.close();
  });

  it('rpc_soak and channel_soak', async () => {
    const shared = connect();
    for (let count = 0; count < 200; count += 1)
      expect(await callUnary(shared, methods.unary.path, Buffer.from('a'))).toEqual(Buffer.from('a'));
    shared.close();
    for (let count = 0; count < 20; count += 1) {
      const client = connect();
      expect(await callUnary(client, methods.unary.path, Buffer.from('a'))).toEqual(Buffer.from('a'));
      client.close();
    }
  });

  it('client_compressed_unary and client_compressed_streaming', async () => {
    const options = { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip };
    const client = connect(options);
    const message = Buffer.alloc(271_828, 'x');
    expect(await callUnary(client, methods.unary.path, message)).toEqual(message);
    const long = 'y'.repeat(27_182);
    expect(await callStream(methods.duplex.path, [long, 'z'], metadataWith(), options)).toMatchObject({
      code: status.OK,
      parts: [long, 'z'],
    });
    client.close();
  });

  it('server_compressed_unary and server_compressed_streaming', async () => {
    const options = { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip };
    expect(await callStream('/gzip.Service/Stream', ['a'], metadataWith(), options)).toMatchObject({
      code: status.OK,
      parts: ['one'.repeat(1000), 'two'.repeat(1000)],
    });
    expect(encodings.at(-1)).toBe('gzip');
  });

  it('reflection lists services', async () => {
    // `list_services: "*"`
    const { code, parts } = await callStream(methods.reflection.path, [':\x01*']);
    expect(code).toBe(status.OK);
    expect(parts.join()).toContain('grpc.testing.TestService');
  });
});
