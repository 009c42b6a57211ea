import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect as connectHttp2, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { ExtAuthzClient } from '../conformance/ext-authz-client.testkit.ts';
import { createExtAuthzClient } from '../conformance/ext-authz-client.testkit.ts';
import { createFakeClock } from '../../packages/testkit/src/fake-clock.ts';
import { until } from '../../packages/testkit/src/until.ts';
import { createTestAuthority } from '../../packages/testkit/src/certificates.ts';
import { json, startScriptedServer } from '../../packages/testkit/src/scripted-server.ts';
import type { TestGateway } from './gateway.testkit.ts';
import { startTestGateway } from './gateway.testkit.ts';

let silent: Awaited<ReturnType<typeof startScriptedServer>>;
let gateway: TestGateway;
let client: ExtAuthzClient;
let address: string;
beforeAll(async () => {
  silent = await startScriptedServer(() => {});
  gateway = await startTestGateway({
    routes: {
      'routes.yaml': `
http:
  middlewares:
    slow: { plugin: { oAuthClientCredentials: { url: ${silent.url}, clientConfig: { maxRetries: 0 } } } }
    broken: { plugin: { oAuthClientCredentials: { url: ${silent.url}, clientID: urn:env:NOWHERE, clientSecret: x } } }
`,
    },
    install: `
entryPoints: { extAuthz: { address: "127.0.0.1:0", extAuthz: { middleware: broken, statusMap: { 503: 429 } } } }
accessLog: { format: json }
`,
  });
  address = gateway.urlOf('extAuthz').replace('http://', '');
  client = createExtAuthzClient(address);
});
afterAll(async () => {
  client.close();
  await silent.close();
  await gateway.close();
});

const about = (
  middleware: string | undefined,
  headers: Readonly<Record<string, string>> = {},
  path = '/a?access_token=x',
) => ({
  attributes: {
    request: {
      http: {
        method: 'GET',
        path,
        host: 'api.example.com',
        protocol: 'HTTP/2',
        headers,
      },
    },
    ...(middleware !== undefined && { context_extensions: { middleware } }),
    source: { address: { socket_address: { address: '192.0.2.7', port_value: 4711 } } },
  },
});
const basic = { authorization: `Basic ${Buffer.from('a:b').toString('base64')}` };

describe('a check of Envoy over gRPC', () => {
  it('is never OK after its deadline has passed', async () => {
    await expect(client.check(about('slow', basic), 150)).rejects.toMatchObject({ code: 4 });
  });

  it.each(['/orders/..%2fbilling', '/orders/../billing?a=b', '/orders/..;/billing', '/orders/%00'])(
    'is refused with 400 when a service could read its path as another: %s',
    async (path) => {
      const { status, denied_response: denied } = await client.check(about('slow', basic, path));
      const { code } = JSON.parse(denied?.body ?? '{}') as { readonly code?: string };
      expect([status?.code, denied?.status.code, code]).toEqual([7, 400, 'request_invalid']);
    },
  );

  it.each([
    [100, 503],
    [101, 431],
    [5000, 431],
  ])('handles a request with %i header lines', async (count, status) => {
    const raw = Array.from({ length: count }, () => ({ key: 'a', raw_value: Buffer.alloc(0) }));
    const joined = Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, '1']));
    for (const headers of [{ header_map: { headers: raw } }, { headers: joined }]) {
      const http = { method: 'GET', path: '/', host: 'a', protocol: 'HTTP/1.1', ...headers };
      const { denied_response: denied } = await client.check({
        attributes: { request: { http }, context_extensions: { middleware: 'broken' } },
      });
      expect(denied?.status.code).toBe(status === 503 ? 429 : status);
      expect(denied?.body.includes('"code":"too_many_header_fields"')).toBe(status === 431);
    }
  });

  it('uses the middleware that the route names, otherwise the entry point’s', async () => {
    const codes = async (middleware: string | undefined) => {
      const { status, denied_response: denied } = await client.check(about(middleware));
      const { code } = JSON.parse(denied?.body ?? '{}') as { readonly code?: string };
      return [status?.code, denied?.status.code, code];
    };
    expect(await codes('slow')).toEqual([16, 401, 'credentials_missing']);
    expect(await codes('slow@file')).toEqual([16, 401, 'credentials_missing']);
    expect(await codes('nobody')).toEqual([5, 404, 'middleware_unknown']);
    // Its status is translated.
    expect(await codes(undefined)).toEqual([14, 429, 'middleware_unavailable']);
  });

  it('appears in the access log as the request that it decides', async () => {
    await client.check(about('slow', { 'x-request-id': 'r-1' }));
    // Lines of earlier checks, also of an aborted one, may arrive as late as those of this test.
    const line = await until(() => gateway.accessLog.lines().find((one) => one.includes('"r-1"')));
    expect(JSON.parse(line)).toMatchObject({
      ClientAddr: '192.0.2.7:4711',
      RequestMethod: 'GET',
      RequestHost: 'api.example.com',
      RequestProtocol: 'HTTP/2',
      RequestId: 'r-1',
      RouterName: 'slow@file',
      DownstreamStatus: 401,
      RefusalCode: 'credentials_missing',
      entryPointName: 'extAuthz',
    });
    expect(line).not.toContain('access_token=x');
  });

  it('cannot forge a record of the access log with any of its fields', async () => {
    const forged = 'x"}\n{"FORGED":"1\u0085"} "\\';
    const fields = ['method', 'path', 'host', 'scheme', 'protocol'];
    for (const [index, field] of fields.entries()) {
      const { attributes } = about('slow', {
        'x-request-id': `f-${index}`,
        'x-forwarded-for': forged,
        'content-length': forged,
      });
      const { request } = attributes;
      await client.check({
        attributes: {
          ...attributes,
          request: { ...request, http: { ...request.http, [field]: forged } },
          source: { address: { socket_address: { address: forged, port_value: 4711 } } },
        },
      });
      const line = await until(() => gateway.accessLog.lines().find((one) => one.includes(`"f-${index}"`)));
      expect(JSON.parse(line)).toMatchObject({
        RouterName: 'slow@file',
        DownstreamStatus: field === 'path' ? 400 : 401,
      });
      expect(line).not.toContain('\u0085');
    }
    for (const line of gateway.accessLog.lines()) expect(JSON.parse(line)).not.toHaveProperty('FORGED');
  });

  it('is an error when it is malformed, and the next check gets a response', async () => {
    const raw = new Client(address, credentials.createInsecure());
    const send = (bytes: Buffer): Promise<unknown> =>
      new Promise((resolve, reject) => {
        raw.makeUnaryRequest(
          '/envoy.service.auth.v3.Authorization/Check',
          (message: Buffer) => message,
          (message: Buffer) => message,
          bytes,
          (error, value) => (error === null ? resolve(value) : reject(error)),
        );
      });
    for (const bytes of [Buffer.from([0x0a, 0xff]), Buffer.from([0x0b]), Buffer.alloc(12, 0xff)])
      await expect(send(bytes)).rejects.toMatchObject({ code: 13 });
    // An empty one selects the middleware of the entry point.
    expect(await send(Buffer.alloc(0))).toBeInstanceOf(Buffer);
    raw.close();
  });
});

it('the health service reports that checks are served', async () => {
  const raw = new Client(address, credentials.createInsecure());
  const health = (service: string): Promise<Buffer | undefined> =>
    new Promise((resolve, reject) => {
      raw.makeUnaryRequest(
        '/grpc.health.v1.Health/Check',
        (name: string) => Buffer.from([0x0a, name.length, ...Buffer.from(name)]),
        (message: Buffer) => message,
        service,
        (error, value) => (error === null ? resolve(value) : reject(error)),
      );
    });
  expect(await health('')).toEqual(Buffer.from([0x08, 1]));
  expect(await health('envoy.service.auth.v3.Authorization')).toEqual(Buffer.from([0x08, 1]));
  await expect(health('other')).rejects.toMatchObject({ code: 5 });
  raw.close();
});

it('uses TLS with the certificate of its entry point, and refuses connections without TLS', async () => {
  const authority = createTestAuthority();
  const { cert, key } = authority.issue('grantgate', ['localhost']);
  const folder = await mkdtemp(join(tmpdir(), 'grantgate-tls-'));
  const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  await writeFile(certFile, cert);
  await writeFile(keyFile, key);
  const encrypted = await startTestGateway({
    routes: {
      'routes.yaml': `http: { middlewares: { slow: { plugin: { oAuthClientCredentials: { url: ${silent.url} } } } } }`,
    },
    install: `
entryPoints:
  extAuthz: { address: "127.0.0.1:0", tls: { certificates: [{ certFile: ${certFile}, keyFile: ${keyFile} }] } }
`,
  });
  const at = encrypted.urlOf('extAuthz').replace('https://127.0.0.1', 'localhost');
  const trusting = createExtAuthzClient(at, authority.cert);
  expect((await trusting.check(about('slow'))).denied_response?.status.code).toBe(401);
  // UNAVAILABLE: the certificate is from another authority, or there was no handshake.
  for (const other of [
    createExtAuthzClient(at, createTestAuthority('Another CA').cert),
    createExtAuthzClient(at),
  ]) {
    await expect(other.check(about('slow'))).rejects.toMatchObject({ code: 14 });
    other.close();
  }
  trusting.close();
  // A certificate of another authority, installed while the gateway serves.
  const next = createTestAuthority('The next CA');
  const renewed = next.issue('grantgate', ['localhost']);
  await writeFile(keyFile, renewed.key);
  await writeFile(certFile, renewed.cert);
  const isTrusted = async (): Promise<boolean> => {
    const following = createExtAuthzClient(at, next.cert);
    try {
      return (await following.check(about('slow'))).denied_response?.status.code === 401;
    } catch {
      return false;
    } finally {
      following.close();
    }
  };
  await expect.poll(isTrusted).toBe(true);
  await writeFile(keyFile, key);
  await until(() => encrypted.log.text().includes('invalid certificates: keeping the last valid ones'));
  expect(await isTrusted()).toBe(true);
  await encrypted.close();
  await rm(folder, { recursive: true });
});

describe('a slow caller over TLS', () => {
  const authority = createTestAuthority();
  async function start(timeouts: string) {
    const { cert, key } = authority.issue('grantgate', ['localhost']);
    const folder = await mkdtemp(join(tmpdir(), 'grantgate-tls-'));
    const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
    await writeFile(certFile, cert);
    await writeFile(keyFile, key);
    const clock = createFakeClock();
    const encrypted = await startTestGateway({
      routes: { 'routes.yaml': `http: { middlewares: { slow: { plugin: { oAuthClientCredentials: { url: ${silent.url} } } } } }` },
      install: `
entryPoints:
  extAuthz:
    address: "127.0.0.1:0"
    tls: { certificates: [{ certFile: ${certFile}, keyFile: ${keyFile} }] }
    transport: { respondingTimeouts: { ${timeouts} } }
`,
      clock,
    });
    onTestFinished(async () => {
      await encrypted.close();
      await rm(folder, { recursive: true });
    });
    const { port } = encrypted.gateway.addresses.get('extAuthz')!;
    /** Resolves when the server has closed the connection. */
    const closed = (socket: Duplex): Promise<void> =>
      new Promise((resolve) => void socket.on('error', () => {}).resume().once('close', resolve));
    const callOver = (session: ClientHttp2Session) =>
      session.request({
        ':method': 'POST',
        ':path': '/envoy.service.auth.v3.Authorization/Check',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
    const openSession = async (): Promise<ClientHttp2Session> => {
      const session = connectHttp2(`https://localhost:${port}`, { ca: authority.cert });
      onTestFinished(() => session.destroy());
      session.on('error', () => {});
      await once(session, 'connect');
      return session;
    };
    return { clock, port, closed, callOver, openSession };
  } // prettier-ignore

  const message = Buffer.from([0, 0, 0, 0, 0]);

  it('is disconnected when the handshake, or its first call after it, takes too long', async () => {
    const { clock, port, closed } = await start('headerTimeout: 10s');
    const none = connectTcp(port, '127.0.0.1');
    const partial = connectTcp(port, '127.0.0.1');
    partial.write(Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3, 7, 7, 7]));
    const silentOne = connectTls({ port, host: 'localhost', ca: authority.cert, ALPNProtocols: ['h2'] });
    await once(silentOne, 'secureConnect');
    await clock.advance(9_000);
    const ends = [none, partial, silentOne].map(closed);
    expect([none, partial, silentOne].map(({ readyState }) => readyState)).toEqual(['open', 'open', 'open']);
    await clock.advance(1_000);
    await Promise.all(ends);
  });

  it('is disconnected during an unfinished call, while its finished calls get a response', async () => {
    const { clock, closed, callOver, openSession } = await start('readTimeout: 60s');
    const session = await openSession();
    const [slow, quick] = [callOver(session), callOver(session)];
    slow.on('error', () => {}).write(message.subarray(0, 2));
    quick.end(message);
    await once(quick, 'response');
    await clock.advance(59_000);
    expect(session.destroyed).toBe(false);
    const end = closed(slow);
    await clock.advance(1_000);
    await end;
    const next = callOver(await openSession());
    next.end(message);
    const [head] = (await once(next, 'response')) as [IncomingHttpHeaders];
    expect(head).toMatchObject({ ':status': 200 });
  });

  it('receives GOAWAY when it is idle between two calls', async () => {
    const { callOver, openSession } = await start('idleTimeout: 50ms');
    const session = await openSession();
    const call = callOver(session);
    call.end(message);
    await once(call, 'response');
    call.resume();
    await once(session, 'close');
    expect(session.destroyed).toBe(true);
  });

  it('stays connected indefinitely once it has made a call', async () => {
    const { clock, callOver, openSession } = await start('headerTimeout: 10s, idleTimeout: 0s');
    const session = await openSession();
    for (const _round of [1, 2]) {
      const call = callOver(session);
      call.end(message);
      await once(call, 'response');
      await clock.advance(100_000);
    }
    expect(session.destroyed).toBe(false);
  });
});

describe('an entry point for ext_authz that shuts down', () => {
  const install = 'entryPoints: { extAuthz: { address: "127.0.0.1:0" } }';
  /** Watches its health until the stream ends; checks in flight get a response when `end` is called. */
  async function watchUntil(end: (ending: TestGateway) => Promise<void>) {
    const server = await startScriptedServer((response) => void answers.push(response));
    const answers: ServerResponse[] = [];
    const url = server.url;
    const ending = await startTestGateway({
      routes: {
        'routes.yaml': `http: { middlewares: { slow: { plugin: { oAuthClientCredentials: { url: ${url} } } } } }`,
      },
      install,
    });
    const at = ending.urlOf('extAuthz').replace('http://', '');
    const raw = new Client(at, credentials.createInsecure());
    const seen: number[] = [];
    const watched = raw.makeServerStreamRequest(
      '/grpc.health.v1.Health/Watch',
      (message: Buffer) => message,
      (message: Buffer) => message[1] ?? 0,
      Buffer.alloc(0),
    );
    const over = new Promise((resolve) => watched.on('end', resolve).on('error', resolve));
    watched.on('data', (health: number) => seen.push(health));
    await until(() => seen.length > 0);
    const calling = createExtAuthzClient(at);
    const checked = calling.check(about('slow', basic));
    await server.received(1);
    const ended = end(ending);
    await over;
    json(answers[0]!, 200, { access_token: 'opaque', token_type: 'Bearer', expires_in: 60 });
    const { status } = await checked;
    await ended;
    raw.close();
    calling.close();
    await ending.close();
    await server.close();
    return { seen, code: status?.code };
  }

  it('reports NOT_SERVING, and responds to the checks in flight', async () => {
    expect(await watchUntil(({ gateway }) => gateway.drain())).toEqual({ seen: [1, 2], code: 0 });
  });

  it('keeps reporting SERVING when another process takes over its socket, and responds to the checks in flight', async () => {
    expect(await watchUntil(({ gateway }) => gateway.retire())).toEqual({ seen: [1], code: 0 });
  });
});
