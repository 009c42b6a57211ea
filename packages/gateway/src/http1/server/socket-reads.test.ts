import { once } from 'node:events';
import type { Socket } from 'node:net';
import { duplexPair, type Duplex } from 'node:stream';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createReadBuffers } from '../message/read-buffers.ts';
import { openSocketPair } from '../message/socket-pair.testkit.ts';
import { createReadFrom } from './socket-reads.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

interface Pair {
  /** The accepted end; nothing has been read from it. */
  readonly accepted: Socket;
  readonly caller: Duplex;
}

/** A connection, and one on which Node.js does not allow the fields to be set. */
const kinds: readonly [string, () => Promise<Pair>][] = [
  [
    'a connection',
    async () => {
      const { accepted, caller, close } = await openSocketPair();
      ends.push(close);
      return { accepted, caller };
    },
  ],
  [
    'another stream',
    async () => {
      const [accepted, caller] = duplexPair();
      ends.push(() => {
        caller.destroy();
        accepted.destroy();
      });
      return { accepted: accepted as unknown as Socket, caller };
    },
  ],
];

describe.each(kinds)('a reader of bytes on %s', (_kind, open) => {
  it('reports reads in order, and lends bytes only until the listener returns', async () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 300_000 })), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(sizes, async (parts) => {
        const { accepted, caller } = await open();
        const sent = Buffer.concat(parts.map((bytes, index) => Buffer.alloc(bytes, 97 + index)));
        const kept: Buffer[] = [];
        let received = 0;
        const whole = new Promise<void>((resolve) =>
          createReadFrom(createReadBuffers())(accepted, (bytes, lent) => {
            // Memory that is not lent stays unchanged, whatever follows.
            kept.push(lent ? Buffer.from(bytes) : bytes);
            received += bytes.length;
            if (received >= sent.length) resolve();
          }),
        );
        caller.write(sent);
        await whole;
        expect(Buffer.concat(kept).equals(sent)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('waits while the stream is paused, and reports its end', async () => {
    const { accepted, caller } = await open();
    let text = '';
    const reads = createReadFrom(createReadBuffers())(accepted, (bytes) => {
      text += bytes.toString();
      if (text === 'a') accepted.pause();
    });
    caller.write('a');
    await expect.poll(() => text).toBe('a');
    caller.end('b');
    await new Promise((resolve) => setImmediate(resolve));
    expect(text).toBe('a');
    const ended = once(accepted, 'end');
    accepted.resume();
    await ended;
    expect(text).toBe('ab');
    reads.release();
  });

  it('leaves reading to the stream after the handover', async () => {
    const { accepted, caller } = await open();
    let text = '';
    const reads = createReadFrom(createReadBuffers())(accepted, (bytes) => void (text += bytes.toString()));
    caller.write('mine');
    await expect.poll(() => text).toBe('mine');
    reads.stop();
    let others = '';
    accepted.pause();
    accepted.unshift(Buffer.from('given back, '));
    accepted.on('data', (bytes: Buffer) => void (others += bytes.toString())).resume();
    caller.write('new');
    await expect.poll(() => others).toBe('given back, new');
    expect(text).toBe('mine');
  });
});

it('accepted connections are read into reusable buffers: Node.js has the fields for it', async () => {
  const { accepted, caller } = await kinds[0]![1]();
  const lending: boolean[] = [];
  createReadFrom(createReadBuffers())(accepted, (_bytes, lent) => void lending.push(lent));
  caller.write('a');
  await expect.poll(() => lending).toEqual([true]);
});

it('bytes that the stream already holds are read first', async () => {
  const { accepted, caller } = await kinds[0]![1]();
  accepted.unshift(Buffer.from('held, '));
  let text = '';
  createReadFrom(createReadBuffers())(accepted, (bytes) => void (text += bytes.toString()));
  caller.write('new');
  await expect.poll(() => text).toBe('held, new');
});
