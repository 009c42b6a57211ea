import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { allow, startEntryPoint, type TestEntryPoint } from '../entrypoints/entry-point.testkit.ts';
import { openRaw, type RawConnection } from '../../../testkit/src/raw-connection.ts';

/** Callers' heads, decisions and servers' heads to choose from. */
const callerHeads = [
  '',
  'X-A: 1\r\n',
  'X-A: 2\r\n',
  'Group: root\r\n',
  'X-Request-Id: mine\r\n',
  'Connection: close\r\n',
];
const allows = [allow({ Group: 'a' }), allow({ Group: 'b' }, 'jon', 'other-token'), allow()];
const serverHeads = [
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-B: 1\r\n\r\nok',
  'HTTP/1.1 404 Nothing\r\nContent-Length: 2\r\nConnection: X-B\r\nX-B: 1\r\n\r\nok',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  'HTTP/1.1 204 None\r\nX-B: 1\r\n\r\n',
];

let gateway: TestEntryPoint;
let received: string[] = [];
let decision = 0;
let answer = 0;
const sockets = new Set<Socket>();
const upstream = createServer((socket) => {
  sockets.add(socket);
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    const request = bytes.toString('latin1');
    received.push(request);
    const text = serverHeads[answer] ?? '';
    socket.write(request.startsWith('HEAD') ? text.replace(/\r\n\r\n[^]*/, '\r\n\r\n') : text, 'latin1');
  });
});
beforeAll(async () => {
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  gateway = await startEntryPoint({
    servers: [`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`],
    steps: [() => allows[decision] ?? allow()],
  });
});
afterAll(async () => {
  await gateway.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => upstream.close(resolve));
});

/** Without the parts that are new in every request. */
const comparable = (text: string): string =>
  text.replace(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, 'NEW').replace(/^Date: .*\r\n/m, '');

async function ask(
  connection: RawConnection,
  step: RequestStep,
): Promise<{ sent: string; answered: string }> {
  received = [];
  [decision, answer] = [step.decision, step.answer];
  const before = connection.text().length;
  connection.send(`${step.method} /a HTTP/1.1\r\nHost: api\r\n${callerHeads[step.head] ?? ''}\r\n`);
  const isWhole = step.method === 'HEAD' || step.answer === 4 ? /\r\n\r\n$/ : /ok(?:\r\n0\r\n\r\n)?$/;
  await connection.until(new RegExp(`^[^]{${before}}HTTP[^]*${isWhole.source}`));
  return { sent: comparable(received.join('')), answered: comparable(connection.text().slice(before)) };
}

interface RequestStep {
  readonly method: string;
  readonly head: number;
  readonly decision: number;
  readonly answer: number;
}

const step: fc.Arbitrary<RequestStep> = fc.record({
  method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST'),
  head: fc.nat(callerHeads.length - 1),
  decision: fc.nat(allows.length - 1),
  answer: fc.nat(serverHeads.length - 1),
});
/** Mostly repeated, because caches apply from the second time. */
const steps = fc
  .array(fc.tuple(step, fc.integer({ min: 1, max: 4 })), { minLength: 2, maxLength: 5 })
  .map((runs) => runs.flatMap(([one, times]) => Array<RequestStep>(times).fill(one)));

it('a repeated head on a connection is forwarded as on a new connection, in both directions', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      let kept = await openRaw(gateway.port);
      for (const one of sequence) {
        const fresh = await openRaw(gateway.port);
        const expected = await ask(fresh, one);
        fresh.socket.destroy();
        expect(await ask(kept, one)).toEqual(expected);
        if (callerHeads[one.head]?.startsWith('Connection') !== true) continue;
        await kept.closed();
        kept = await openRaw(gateway.port);
      }
      kept.socket.destroy();
    }),
    { numRuns: 60 },
  );
});
