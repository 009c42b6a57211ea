import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { createTestAuthority } from '../../../testkit/src/certificates.ts';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { startServer } from '../../../testkit/src/http-server.ts';
import { defaultTlsOptions } from '../tls/options.ts';
import { startEntryPoint, type TestEntryPoint, type TestEntryPointOptions } from './entry-point.testkit.ts';
import { deriveTicketKeys, ticketKeysMs } from './ticket-keys.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).reverse()) await close();
});

const authority = createTestAuthority();
const certificates = [authority.issue('default', ['localhost'])];
const secret = Buffer.alloc(32, 1);

async function start(options: Partial<TestEntryPointOptions> = {}): Promise<TestEntryPoint> {
  const upstream = await startServer((_request, response) => response.end('hello'));
  cleanups.push(() => upstream.close());
  const gateway = await startEntryPoint({
    servers: [upstream.url],
    certificates,
    ticketSecret: secret,
    ...options,
  });
  cleanups.push(() => gateway.close());
  return gateway;
}

/** Sends one request. @returns whether its session was resumed, and the session for the next one. */
async function request(port: number, session?: Buffer): Promise<{ resumed: boolean; session: Buffer }> {
  const socket = connect({ port, host: 'localhost', ca: authority.cert, ...(session && { session }) });
  const issued = once(socket, 'session') as Promise<[Buffer]>;
  await once(socket, 'secureConnect');
  const resumed = socket.isSessionReused();
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  // A resumed session keeps its ticket.
  const next = session !== undefined && resumed ? session : (await issued)[0];
  await once(socket.resume(), 'close');
  return { resumed, session: next };
}

describe('session tickets', () => {
  test('are valid for every process with the same secret', async () => {
    const [first, second] = [await start(), await start()];
    const { resumed, session } = await request(first.port);
    expect(resumed).toBe(false);
    expect(await request(second.port, session)).toMatchObject({ resumed: true });
  });

  test('are invalid for a process with another secret', async () => {
    const [first, second] = [await start(), await start({ ticketSecret: Buffer.alloc(32, 2) })];
    const { session } = await request(first.port);
    expect(await request(second.port, session)).toMatchObject({ resumed: false });
  });

  test('are valid until their keys change', async () => {
    const clock = createFakeClock();
    const gateway = await start({ clock });
    const { session } = await request(gateway.port);
    expect(await request(gateway.port, session)).toMatchObject({ resumed: true });
    await clock.advance(ticketKeysMs);
    expect(await request(gateway.port, session)).toMatchObject({ resumed: false });
  });

  test('have other keys with other options', () => {
    const keys = deriveTicketKeys(secret, defaultTlsOptions, 1);
    expect(keys).toHaveLength(48);
    expect(deriveTicketKeys(secret, { ...defaultTlsOptions }, 1)).toEqual(keys);
    const others = { ...defaultTlsOptions, clientAuthType: 'RequireAnyClientCert' } as const;
    expect(deriveTicketKeys(secret, others, 1)).not.toEqual(keys);
    expect(deriveTicketKeys(secret, defaultTlsOptions, 2)).not.toEqual(keys);
  });
});
