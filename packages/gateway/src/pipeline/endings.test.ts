import { createServer, type AddressInfo, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { turns, until } from '../../../testkit/src/until.ts';
import { allow, deny, startEntryPoint, type TestEntryPoint } from '../entrypoints/entry-point.testkit.ts';
import { createDeferred, type Deferred } from '../../../testkit/src/deferred.ts';
import { openRaw } from '../../../testkit/src/raw-connection.ts';

const verdicts = ['allows', 'allows late', 'denies', 'denies late', 'throws', 'rejects'] as const;
const renewals = ['another', 'another late', 'none', 'none late', 'throws', 'rejects'] as const;
const answers = {
  whole: 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody',
  chunked: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n',
  'until the end of the connection': 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbody',
  'head alone': 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n',
  'half a body': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbo',
  'half a head': 'HTTP/1.1 200 OK\r\nContent-',
  'no content': 'HTTP/1.1 204 No Content\r\n\r\n',
  'not modified': 'HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n',
  'early hints, then the end': 'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n',
  'another protocol':
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nbody',
  'no HTTP': 'SSH-2.0-server\r\n\r\n',
  'the token refused':
    'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nContent-Length: 4\r\n\r\nbody',
  'the token refused, half a body':
    'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbo',
  nothing: '',
} as const;
const requests = {
  GET: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  HEAD: 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET of HTTP/1.0': 'GET / HTTP/1.0\r\n\r\n',
  'POST with a length': 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
  'POST in chunks': 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'POST with half a body': 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello',
  'POST in chunks beyond the limit':
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n11\r\nhello hello hello\r\n0\r\n\r\n',
  'POST in odd chunks':
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nodd\r\n',
  'POST that waits': 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
  WebSocket:
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
} as const;
const leaves = [
  'at once',
  'when the verdict is asked',
  'when the server is asked',
  'with the answer',
] as const;

const keysOf = <T extends object>(table: T): (keyof T)[] => Object.keys(table) as (keyof T)[];
const scenario = fc.record({
  // Most of them let requests pass, because more can happen after that.
  verdict: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('allows' as const, 'allows late' as const) },
    fc.constantFrom(...verdicts),
  ),
  request: fc.constantFrom(...keysOf(requests)),
  answer: fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(...keysOf(answers)) },
    fc.constantFrom('the token refused' as const, 'the token refused, half a body' as const),
  ),
  renewal: fc.constantFrom(...renewals),
  serverEnds: fc.constantFrom('orderly', 'by a reset'),
  leaves: fc.constantFrom(...leaves),
});

let asked: Deferred<void>;
let arrived: Deferred<void>;
let verdict: (typeof verdicts)[number];
let answer: keyof typeof answers;
let renewal: (typeof renewals)[number];
let serverEnds: 'orderly' | 'by a reset';
let gateway: TestEntryPoint;
const sockets = new Set<Socket>();
const server = createServer((socket) => {
  sockets.add(socket);
  socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  socket.once('data', () => {
    arrived.resolve();
    socket.write(answers[answer], () => {
      if (serverEnds === 'orderly') socket.end();
      else socket.resetAndDestroy();
    });
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  gateway = await startEntryPoint({
    servers: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`],
    transport: { maxBodyBytes: 16 },
    renew: () => {
      if (renewal === 'throws') throw new Error('defect');
      if (renewal === 'rejects') return Promise.reject(new Error('defect'));
      const other = renewal.startsWith('another') ? allow() : undefined;
      return renewal.endsWith('late') ? new Promise((resolve) => setImmediate(() => resolve(other))) : other;
    },
    steps: [
      () => {
        asked.resolve();
        if (verdict === 'throws') throw new Error('defect');
        if (verdict === 'rejects') return Promise.reject(new Error('defect'));
        const decision = verdict.startsWith('allows') ? allow() : deny();
        return verdict.endsWith('late')
          ? new Promise((resolve) => setImmediate(() => resolve(decision)))
          : decision;
      },
    ],
  });
});
afterAll(async () => {
  await gateway.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

test('every request ends once, is recorded once, and releases its resources', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  let ended = 0;
  await fc.assert(
    fc.asyncProperty(scenario, async (chosen) => {
      ({ verdict, answer, renewal, serverEnds } = chosen);
      asked = createDeferred();
      arrived = createDeferred();
      const connection = await openRaw(gateway.port, requests[chosen.request]);
      const over = connection.closed();
      if (chosen.leaves === 'when the verdict is asked') await Promise.race([asked.promise, over]);
      if (chosen.leaves === 'when the server is asked')
        await Promise.race([arrived.promise, over, connection.until(/HTTP/).catch(() => {})]);
      if (chosen.leaves === 'with the answer')
        await Promise.race([connection.until(/\r\n\r\n/).catch(() => {}), over]);
      connection.socket.destroy();
      if (chosen.leaves === 'at once') {
        // It may have left before it was read; a request on another connection is read after it.
        verdict = 'denies';
        const other = await openRaw(gateway.port, requests.GET);
        await other.until(/401/);
        other.socket.destroy();
      } else {
        await gateway.recorded((ended += 1));
      }
      await until(() => gateway.leases() === 0);
      await turns(3);
      if (chosen.leaves === 'at once') ended = gateway.records.length;
      expect(gateway.leases()).toBe(0);
      expect(gateway.records).toHaveLength(ended);
      const record = gateway.records[ended - 1]!;
      expect(record.status).toBeGreaterThanOrEqual(101);
      const unanswered = record.originStatus === 0 ? 499 : record.status;
      expect(record.status).toBe(record.refusal?.status ?? unanswered);
      expect(record.originDurationMs).toBeLessThanOrEqual(record.durationMs);
    }),
    { numRuns: 500 },
  );
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
});
