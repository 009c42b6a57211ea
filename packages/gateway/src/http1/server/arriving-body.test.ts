import fc from 'fast-check';
import { expect, it } from 'vitest';
import { turns } from '../../../../testkit/src/until.ts';
import { createArrivingBody, type ArrivingBody } from './arriving-body.ts';

interface BodyReader {
  readonly body: ArrivingBody;
  /** Calls so far. */
  text: string;
  ended: number;
  /** Calls that the connection has received, in order. */
  readonly flow: string[];
}

function open(length: number, first: string): BodyReader {
  const flow: string[] = [];
  const body = createArrivingBody(length, Buffer.from(first), {
    pause: () => void flow.push('pause'),
    resume: () => void flow.push('resume'),
    cut: () => void flow.push('cut'),
  });
  return { body, text: '', ended: 0, flow };
}

const read = (seen: BodyReader, onPart: () => void = () => {}): void =>
  seen.body.read(
    (part) => {
      seen.text += part.toString();
      onPart();
    },
    () => (seen.ended += 1),
  );

it('a body arrives in order, whole and once, however it is split and whenever it is read', async () => {
  const text = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(60)), fc.nat(5), async (whole, cuts, asked) => {
      const places = [...new Set([0, ...cuts.filter((at) => at < whole.length), whole.length])].sort(
        (a, b) => a - b,
      );
      const parts = places.slice(1).map((end, index) => whole.slice(places[index], end));
      const [first = '', ...more] = parts;
      const seen = open(whole.length, first);
      for (const [index, part] of more.entries()) {
        if (index === asked) read(seen);
        if (index === asked) await turns(1);
        expect(seen.body.complete).toBe(false);
        expect(seen.body.take(Buffer.from(part))).toBe(part.length);
      }
      if (asked >= more.length) read(seen);
      await turns(1);
      expect(seen).toMatchObject({
        text: whole,
        ended: 1,
        body: { complete: true, announcedBytes: whole.length },
      });
    }),
    { numRuns: 300 },
  );
});

it('a body leaves the bytes after it to the next request', () => {
  const { body } = open(5, 'abc');
  expect(body.take(Buffer.from('deGET /'))).toBe(2);
  expect(body.complete).toBe(true);
});

it('a body is not read beyond 64 KiB before it is needed', async () => {
  const seen = open(200_000, 'a');
  seen.body.take(Buffer.alloc(60_000));
  expect(seen.flow).toEqual([]);
  seen.body.take(Buffer.alloc(10_000));
  expect(seen.flow).toEqual(['pause']);
  read(seen);
  await turns(1);
  expect(seen.flow).toEqual(['pause', 'resume']);
  expect(seen.text).toHaveLength(70_001);
});

it('a body waits while its reader is busy', async () => {
  const seen = open(10, 'abc');
  read(seen, () => seen.body.pause());
  await turns(1);
  expect(seen.flow).toEqual(['pause']);
  seen.body.resume();
  expect(seen.flow).toEqual(['pause', 'resume']);
});

it('a body that is not wanted is discarded, and closes the connection beyond 256 KiB', async () => {
  const seen = open(1_000_000, 'abc');
  read(seen);
  await turns(1);
  seen.body.stop();
  seen.body.take(Buffer.alloc(256 * 1024));
  expect(seen.flow).not.toContain('cut');
  seen.body.take(Buffer.alloc(1));
  expect(seen.flow).toContain('cut');
  expect(seen).toMatchObject({ text: 'abc', ended: 0 });
});

it('a body does not end when its reader stops in the middle of a part', async () => {
  const seen = open(3, 'abc');
  read(seen, () => seen.body.stop());
  await turns(1);
  expect(seen).toMatchObject({ text: 'abc', ended: 0 });
});

it('a short body that has arrived completely is returned whole when it has no reader', async () => {
  const here = open(3, 'abc');
  expect(here.body.whole()?.toString()).toBe('abc');
  expect(here.body.whole()).toBeUndefined();
  expect(open(3, 'ab').body.whole()).toBeUndefined();
  expect(open(0, '').body.whole()).toBeUndefined();
  expect(open(16 * 1024, 'x'.repeat(16 * 1024)).body.whole()).toHaveLength(16 * 1024);
  expect(open(16 * 1024 + 1, 'x'.repeat(16 * 1024 + 1)).body.whole()).toBeUndefined();
  const late = open(3, 'ab');
  late.body.take(Buffer.from('c'));
  expect(late.body.whole()?.toString()).toBe('abc');
  const asked = open(3, 'abc');
  read(asked);
  await turns(1);
  expect(asked.body.whole()).toBeUndefined();
});
