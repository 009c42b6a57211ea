import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { until } from '../../../../testkit/src/until.ts';
import type { CallerResponseHead, ResponseWriter } from '../../http1/message/response-writer.ts';
import { CompressedResponse, createSlots } from './compressed-response.ts';
import { findCoding, type Coding, type Encoder } from './encoders.ts';

const gzip = findCoding('gzip')!;
const types = { included: new Set<string>(), excluded: new Set<string>() };
const head: CallerResponseHead = { status: 200, reason: 'OK', headers: [], dated: true, reused: false };

/** A caller that reads parts when it is told to, and fails the test when it receives one before. */
function createCaller() {
  const parts: Buffer[] = [];
  const heads: CallerResponseHead[] = [];
  let onDrained: (() => void) | undefined;
  let ends = 0;
  let cuts = 0;
  const next: ResponseWriter = {
    begin: (begun) => void heads.push(begun),
    write(part) {
      expect(onDrained).toBeUndefined();
      parts.push(part);
      return false;
    },
    flush() {},
    onceDrained: (told) => void (onDrained = told),
    end: () => void (ends += 1),
    cut: () => void (cuts += 1),
  };
  return {
    next,
    heads,
    parts,
    ends: () => ends,
    cuts: () => cuts,
    isBlocked: () => onDrained !== undefined,
    take() {
      const told = onDrained;
      onDrained = undefined;
      told?.();
    },
  };
}

/** A compression, and the encoders that it has created. */
function start(slots = createSlots(1)) {
  const caller = createCaller();
  const encoders: Encoder[] = [];
  const coding: Coding = {
    ...gzip,
    create() {
      const encoder = gzip.create();
      encoders.push(encoder);
      return encoder;
    },
  };
  const response = new CompressedResponse(caller.next, {
    encoding: 'gzip',
    coding,
    types,
    minBytes: 1,
    slots,
  });
  return { caller, encoders, response, slots };
}

describe('a compressed response', () => {
  it('reads no more from the server while the caller reads nothing, and is complete in the end', async () => {
    const { caller, encoders, response } = start();
    const sent: Buffer[] = [];
    const feed = (): void => {
      while (sent.length < 40) {
        const part = randomBytes(16 * 1024);
        sent.push(part);
        if (response.write(part, false)) continue;
        response.onceDrained(feed);
        return;
      }
      response.end(undefined, false, []);
    };
    response.begin(head);
    feed();
    await until(() => caller.isBlocked());
    const [encoder] = encoders;
    // Its input is full and its output waits: it does not work until the caller reads.
    await until(() => encoder?.readableLength !== 0 && encoder?.writableNeedDrain === true);
    expect(sent.length).toBeLessThan(10);
    while (caller.ends() === 0) {
      caller.take();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(gunzipSync(Buffer.concat(caller.parts)).equals(Buffer.concat(sent))).toBe(true);
  });

  it.each(['cut', 'closed'] as const)('releases its encoder and its slot when it is %s', async (how) => {
    const { caller, encoders, response, slots } = start();
    response.begin(head);
    response.write(randomBytes(64 * 1024), false);
    expect(slots.take()).toBe(false);
    response[how]();
    response.closed();
    const [encoder] = encoders;
    if (encoder?.closed === false) await once(encoder, 'close');
    expect(encoder?.destroyed).toBe(true);
    expect(slots.take()).toBe(true);
    expect(slots.take()).toBe(false);
    expect([caller.ends(), caller.cuts()]).toEqual([0, how === 'cut' ? 1 : 0]);
  });

  it('is passed on unchanged when too many others are being compressed', () => {
    const { caller, encoders, response } = start(createSlots(0));
    response.begin(head);
    response.write(Buffer.from('one'), false);
    response.end(undefined, false, []);
    expect(encoders).toEqual([]);
    expect(caller.heads[0]?.headers).toEqual(['Vary', 'Accept-Encoding']);
    expect(String(Buffer.concat(caller.parts))).toBe('one');
    expect(caller.ends()).toBe(1);
  });

  it('releases its slot when it has ended', async () => {
    const { caller, response, slots } = start();
    response.begin(head);
    response.end(Buffer.from('one'), false, []);
    while (caller.ends() === 0) {
      caller.take();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(slots.take()).toBe(true);
  });
});
