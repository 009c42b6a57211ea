import { createServer, type AddressInfo, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { turns, until } from '../../../../testkit/src/until.ts';
import { createFakeClock } from '../../../../testkit/src/fake-clock.ts';
import { ask } from './ask.testkit.ts';
import { createClient } from './client.ts';
import type { Pool } from './pool.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).reverse()) await close();
});

interface AcceptedConnection {
  readonly socket: Socket;
  /** Requests received on it. */
  count: number;
  closed: boolean;
}

/** A server with a callback for each request: its target, its connection, and the number of earlier requests on it. */
async function serve(onRequest: (target: string, connection: AcceptedConnection) => void) {
  const connections: AcceptedConnection[] = [];
  const server = createServer((socket) => {
    const connection: AcceptedConnection = { socket, count: 0, closed: false };
    connections.push(connection);
    let held = '';
    socket.on('error', () => {});
    socket.on('close', () => (connection.closed = true));
    socket.on('data', (part) => {
      held += part.toString('latin1');
      for (let end = held.indexOf('\r\n\r\n'); end >= 0; end = held.indexOf('\r\n\r\n')) {
        const target = held.split(' ', 2)[1]!;
        held = held.slice(end + 4);
        onRequest(target, connection);
        connection.count += 1;
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(
    () =>
      new Promise((resolve) => {
        for (const { socket } of connections) socket.destroy();
        server.close(resolve);
      }),
  );
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections };
}

function open(origin: string) {
  const clock = createFakeClock();
  const pool = createClient(clock, {
    connectMs: 30_000,
    headMs: 60_000,
    bodyIdleMs: 0,
    idleMs: 600_000,
    maxIdle: Infinity,
    maxHeadBytes: 16 * 1024 * 1024,
  }).createPool(origin);
  cleanups.push(() => pool.close());
  return { pool, clock };
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const poison = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';

/** Complete responses after which the connection can be reused. */
const responses: Readonly<Record<string, string>> = {
  'with a length': ok,
  'with a length of 0': 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  'in chunks': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  'in chunks, with trailers': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n',
  'after early hints': `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok}`,
  'after 100 and 102': `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${ok}`,
  'of an error': 'HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno',
}; // prettier-ignore

const lateBytes: readonly string[] = [
  poison,
  `${poison}${poison}`,
  'HTTP/1.1 103 Early Hints\r\nLink: </evil>\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n',
  'evil',
  '\r\n',
  'H',
  '0\r\n\r\n',
];

describe('bytes that a server writes after a complete response', () => {
  test.each(Object.entries(responses))(
    '%s, close an idle connection and reach no caller',
    async (_how, response) => {
      for (const late of lateBytes)
        for (const delay of [-1, 0, 1, 5]) {
          const { origin, connections } = await serve((target, { socket }) => {
            if (target !== '/attacker') {
              socket.write(ok);
              return;
            }
            if (delay < 0) socket.write(response + late, 'latin1');
            else {
              socket.write(response, 'latin1');
              void turns(delay).then(() => socket.write(late, 'latin1'));
            }
          });
          const { pool } = open(origin);
          expect((await ask(pool, { target: '/attacker' })).fault).toBeUndefined();
          await until(() => connections[0]!.closed);
          for (let round = 0; round < 3; round += 1)
            expect(await ask(pool)).toMatchObject({ interim: [], status: 200, body: 'ok', fault: undefined });
        }
    },
  );

  test('reach at most one caller when they arrive with the response to the next request', async () => {
    const { origin, connections } = await serve((target, { socket, count }) => {
      if (target === '/attacker') socket.write(ok);
      else socket.write(count > 0 ? poison + ok : ok);
    });
    const { pool } = open(origin);
    const seen: string[] = [];
    for (let round = 0; round < 100; round += 1) {
      await ask(pool, { target: '/attacker' });
      seen.push((await ask(pool)).body);
    }
    expect(seen.filter((body) => body === 'evil').length).toBeLessThanOrEqual(1);
    expect(connections.filter(({ count }) => count > 1).length).toBe(1);
  });

  test('reach no caller, whenever they arrive, once a connection has been closed for them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(6), { minLength: 30, maxLength: 30 }),
        fc.constantFrom(...Object.values(responses)),
        async (delays, response) => {
          let attacks = 0;
          const { origin, connections } = await serve((target, { socket }) => {
            if (target !== '/attacker') {
              socket.write(ok);
              return;
            }
            socket.write(response, 'latin1');
            void turns(delays[attacks++]).then(() => socket.write(poison, 'latin1'));
          });
          const { pool } = open(origin);
          for (let round = 0; round < delays.length; round += 1) {
            await ask(pool, { target: '/attacker' });
            const isNoticed = connections.length > 1;
            const { body } = await ask(pool);
            expect(isNoticed ? body : 'ok').toBe('ok');
          }
          // Without a request, they cannot be mistaken for a response.
          await until(() => connections[0]!.closed);
          expect((await ask(pool)).body).toBe('ok');
        },
      ),
      { numRuns: 20 },
    );
  });

  test('prevent the reuse of connections for a minute, while idle ones close', async () => {
    let isLate = false;
    const { origin, connections } = await serve(
      (_target, { socket }) => void socket.write(isLate ? ok + poison : ok),
    );
    const { pool, clock } = open(origin);
    await Promise.all([ask(pool), ask(pool), ask(pool)]);
    expect(pool.stats()).toMatchObject({ open: 3, idle: 3 });
    isLate = true;
    expect((await ask(pool)).body).toBe('ok');
    expect(pool.stats()).toMatchObject({ open: 0, idle: 0 });
    isLate = false;
    await ask(pool);
    await clock.advance(59_000);
    await ask(pool);
    expect(pool.stats()).toMatchObject({ open: 0, idle: 0 });
    expect(connections).toHaveLength(5);
    await clock.advance(2_001);
    await ask(pool);
    expect(pool.stats()).toMatchObject({ open: 1, idle: 1 });
    await ask(pool);
    expect(connections).toHaveLength(6);
  });

  test('leave no timer after the pool is closed', async () => {
    const { origin } = await serve((_target, { socket }) => void socket.write(ok + poison));
    const { pool, clock } = open(origin);
    await ask(pool);
    expect(clock.pending()).toBe(1);
    await pool.close();
    expect(clock.pending()).toBe(0);
  });
});

describe('a response that arrives before its request was sent', () => {
  /** More than the system accepts at once. */
  const headers = ['Host', 'a', 'X-Large', 'x'.repeat(12 * 1024 * 1024)];
  async function expectRefused(pool: Pool): Promise<void> {
    expect(await ask(pool, { headers })).toMatchObject({
      status: 0,
      fault: { code: 'response_invalid', reason: 'a response before the request was sent' },
    });
    expect(pool.stats()).toMatchObject({ open: 0, idle: 0 });
  }

  test('is discarded', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => {});
      socket.pause();
      socket.write(ok);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(
      () =>
        new Promise((resolve) => {
          for (const socket of sockets) socket.destroy();
          server.close(resolve);
        }),
    );
    await expectRefused(open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).pool);
  });

  test('may arrive before the body of its request', async () => {
    const { origin } = await serve((_target, { socket }) => void socket.write(ok));
    const { pool } = open(origin);
    const body = Buffer.alloc(12 * 1024 * 1024, 'x');
    expect(await ask(pool, { method: 'POST', body })).toMatchObject({ status: 200, body: 'ok' });
    // The rest of the body would precede the next request.
    expect(pool.stats()).toMatchObject({ open: 0, idle: 0 });
  });
});
