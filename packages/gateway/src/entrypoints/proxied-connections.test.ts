import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { createTestAuthority } from '../../../testkit/src/certificates.ts';
import { allow, startEntryPoint, type TestEntryPointOptions } from './entry-point.testkit.ts';
import { observe, openRaw } from '../../../testkit/src/raw-connection.ts';

// As in Traefik 3.7.13 (2026-11-29), the header of an untrusted peer is dropped, and the peer is the caller; so is a peer without a
// header.

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const header = 'PROXY TCP4 192.0.2.7 192.0.2.8 51000 443\r\n';
const request = 'GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n';
const trusted = { trustedIPs: ['127.0.0.0/8'], insecure: false };
/** For an address of the caller, which no test server sees. */
const refuse: NonNullable<TestEntryPointOptions['steps']> = [() => allow()];

async function start(options: Partial<TestEntryPointOptions> = {}) {
  const gateway = await startEntryPoint({ proxyProtocol: trusted, steps: refuse, servers: [], ...options });
  closing.push(() => gateway.close());
  const callerOf = async (...parts: readonly (string | Buffer)[]): Promise<string> => {
    const before = gateway.records.length;
    const socket = await openRaw(gateway.port);
    for (const part of parts) socket.send(part);
    await socket.closed();
    const { facts } = await gateway.recorded(before + 1);
    return `${facts.remoteAddress} ${facts.remotePort === 51_000 ? 'its port' : 'another port'}`;
  };
  return { gateway, callerOf };
}

describe('an entry point with the PROXY protocol', () => {
  it('takes the caller from the header of a trusted peer, even if the header and the request arrive together', async () => {
    const { callerOf } = await start();
    expect(await callerOf(header + request)).toBe('192.0.2.7 its port');
    expect(await callerOf(header, request)).toBe('192.0.2.7 its port');
    expect(await callerOf(...(header + request).split(''))).toBe('192.0.2.7 its port');
  });

  it('drops the header of a peer that is not trusted, and serves one without a header', async () => {
    const { callerOf } = await start({ proxyProtocol: { trustedIPs: ['203.0.113.1'], insecure: false } });
    expect(await callerOf(header + request)).toBe('127.0.0.1 another port');
    expect(await callerOf(request)).toBe('127.0.0.1 another port');
  });

  it('trusts every peer when insecure', async () => {
    const { callerOf } = await start({ proxyProtocol: { trustedIPs: [], insecure: true } });
    expect(await callerOf(header + request)).toBe('192.0.2.7 its port');
  });

  it('trusts X-Forwarded-For of the caller that the header names, not of the peer', async () => {
    const { gateway, callerOf } = await start({ trustedIPs: ['127.0.0.1'] });
    await callerOf(header + request);
    expect(gateway.records[0]!.facts.trusted).toBe(false);
  });

  it('reads the header before the TLS handshake', async () => {
    const pair = createTestAuthority().issue('localhost');
    const { gateway } = await start({
      certificates: [{ cert: Buffer.from(pair.cert), key: Buffer.from(pair.key) }],
    });
    const plain = connect(gateway.port, '127.0.0.1');
    await once(plain, 'connect');
    plain.write(header);
    const secure = await observe(
      connectTls({ socket: plain, rejectUnauthorized: false }),
      'secureConnect',
      request,
    );
    expect(await secure.closed()).toMatch(/^HTTP\/1\.1 503 /);
    const { facts } = await gateway.recorded(1);
    expect(facts).toMatchObject({ remoteAddress: '192.0.2.7', remotePort: 51_000, scheme: 'https' });
  });

  it('accepts a header only at the beginning of a connection', async () => {
    const { gateway } = await start();
    // Node.js returns a connection after an upgrade that is not one.
    const socket = await openRaw(
      gateway.port,
      `${header}GET / HTTP/1.1\r\nHost: a.example\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n`,
    );
    await socket.until(/HTTP\/1\.1 503 /);
    socket.send('PROXY TCP4 203.0.113.66 192.0.2.8 51000 443\r\n');
    await socket.closed();
    for (const { facts } of gateway.records) expect(facts.remoteAddress).toBe('192.0.2.7');
  });

  it('serves requests that Node.js returns from a TLS connection', async () => {
    const pair = createTestAuthority().issue('localhost');
    const { gateway } = await start({
      proxyProtocol: undefined,
      certificates: [{ cert: Buffer.from(pair.cert), key: Buffer.from(pair.key) }],
    });
    const secure = await observe(
      connectTls({ port: gateway.port, host: '127.0.0.1', rejectUnauthorized: false }),
      'secureConnect',
      'GET / HTTP/1.1\r\nHost: a.example\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n',
    );
    await secure.until(/HTTP\/1\.1 503 /);
    secure.send(request);
    expect((await secure.closed()).match(/HTTP\/1\.1 503 /g)).toHaveLength(2);
    await gateway.recorded(2);
    for (const { facts } of gateway.records) expect(facts.scheme).toBe('https');
  });

  it.each(['PROXY TCP4 192.0.2.7 192.0.2.8 51000\r\n', `PROXY TCP4 ${'1'.repeat(200)}`])(
    'closes a connection with an invalid header, of any peer: %j',
    async (text) => {
      const { gateway } = await start({ proxyProtocol: { trustedIPs: [], insecure: false } });
      const socket = await openRaw(gateway.port, text + request);
      expect(await socket.closed()).toBe('');
      expect(gateway.records).toEqual([]);
    },
  );

  it('closes a connection whose header is not complete in time', async () => {
    const clock = createFakeClock();
    const { gateway } = await start({ clock, transport: { headerTimeoutMs: 3000 } });
    const socket = await openRaw(gateway.port, 'PROXY TCP4');
    await socket.until(/^$/);
    while (clock.pending() === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(3000);
    expect(await socket.closed()).toBe('');
  });
});
