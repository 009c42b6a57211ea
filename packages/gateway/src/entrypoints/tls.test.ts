import { once } from 'node:events';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestAuthority } from '../../../testkit/src/certificates.ts';
import { createCertificateIndex } from '../tls/certificate-index.ts';
import { startServer, type TestServer } from '../../../testkit/src/http-server.ts';
import { startEntryPoint, type TestEntryPoint } from './entry-point.testkit.ts';
import { observe } from '../../../testkit/src/raw-connection.ts';
import { assertUsable } from '../tls/certificate-pair.ts';

describe('a TLS entry point', () => {
  const authority = createTestAuthority();
  const certificates = [
    authority.issue('default', ['default.example']),
    authority.issue('api', ['api.example', 'API2.example']),
    authority.issue('wild', ['*.apps.example']),
    authority.issue('exact', ['one.apps.example']),
  ];
  let upstream: TestServer;
  let gateway: TestEntryPoint;
  beforeAll(async () => {
    upstream = await startServer((request, response) =>
      response.end(`proto ${String(request.headers['x-forwarded-proto'])}`),
    );
    gateway = await startEntryPoint({ servers: [upstream.url], certificates });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });
  const open = async (options: ConnectionOptions): Promise<TLSSocket> => {
    const socket = connect({
      port: gateway.port,
      host: '127.0.0.1',
      ca: authority.cert,
      checkServerIdentity: () => undefined,
      ...options,
    });
    await once(socket, 'secureConnect');
    return socket;
  };

  test.each([
    ['its own name', 'api.example', 'api'],
    ['its own name in another letter case', 'Api2.EXAMPLE', 'api'],
    ['a wildcard', 'two.apps.example', 'wild'],
    ['its own name rather than a wildcard', 'one.apps.example', 'exact'],
    ['the default: a wildcard covers one label only', 'a.b.apps.example', 'default'],
    ['the default: no certificate covers the name', 'unknown.example', 'default'],
    ['the default: no name was given', undefined, 'default'],
  ])('presents the certificate of %s', async (_, servername, common) => {
    const socket = await open(servername === undefined ? {} : { servername });
    expect(socket.getPeerCertificate().subject.CN).toBe(common);
    expect(socket.authorized).toBe(true);
    socket.destroy();
  });

  test('accepts TLS 1.2 and 1.3, and nothing older', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = await open({ minVersion: version, maxVersion: version, servername: 'api.example' });
      expect(socket.getProtocol()).toBe(version);
      socket.destroy();
    }
    await expect(
      open({
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT@SECLEVEL=0',
        servername: 'api.example',
      }),
    ).rejects.toThrow(/version|alert|protocol/i);
  });

  test('informs the server that the caller used https', async () => {
    const connection = await observe(
      await open({ servername: 'api.example', ALPNProtocols: ['http/1.1'] }),
      undefined,
      'GET / HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\n\r\n',
    );
    expect(await connection.closed()).toMatch(/proto https/);
    expect(gateway.records.at(-1)?.facts).toMatchObject({ scheme: 'https', remoteAddress: '127.0.0.1' });
  });

  test('does not delay a shutdown for a handshake that never finishes', async () => {
    const own = await startEntryPoint({ certificates });
    const { connect: connectPlain } = await import('node:net');
    const socket = connectPlain({ port: own.port, host: '127.0.0.1' });
    await once(socket, 'connect');
    socket.on('error', () => {}).resume();
    const closed = once(socket, 'close');
    // A second connection is accepted after the first: once it is encrypted, the gateway knows both.
    (
      await (async () => {
        const other = connect({
          port: own.port,
          host: '127.0.0.1',
          ca: authority.cert,
          servername: 'api.example',
        });
        await once(other, 'secureConnect');
        return other;
      })()
    ).on('error', () => {});
    await own.close();
    await closed;
    expect(own.entryPoint.connections()).toBe(0);
  });
});

describe('certificates', () => {
  const authority = createTestAuthority();
  test('are rejected when the key does not match, and when there are none', () => {
    const { cert } = authority.issue('a', ['a.example']);
    const { key } = authority.issue('b', ['b.example']);
    expect(() => assertUsable([{ cert, key }])).toThrow(/key values mismatch/);
    expect(() => assertUsable([])).toThrow(/at least one/);
  });

  test('without alternative names are used for their common name', () => {
    const [first, second] = [authority.issue('first.example'), authority.issue('Second.example')];
    const named = createCertificateIndex([first, second]);
    expect(named.find('second.example')).toBe(second);
    expect(named.find('first.example')).toBe(first);
  });
});
