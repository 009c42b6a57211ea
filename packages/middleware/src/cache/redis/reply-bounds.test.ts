import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCheckReplies, replyLimits } from './reply-bounds.ts';

/** Passes bytes in pieces of these sizes, in turn. */
function check(bytes: Buffer, sizes: readonly number[] = [bytes.length]): string | undefined {
  const show = createCheckReplies();
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
    const fault = show(bytes.subarray(at, at + size));
    if (fault !== undefined) return fault;
    at += size;
  }
  return undefined;
}

const { reply } = fc.letrec<{ reply: Buffer }>((tie) => ({
  reply: fc.oneof(
    { depthSize: 'small', maxDepth: 5 },
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => Buffer.from(`:${value}\r\n`)),
    fc.stringMatching(/^[ -~]{0,40}$/).map((text) => Buffer.from(`+${text}\r\n`)),
    fc.stringMatching(/^[A-LN-Z]{0,10}[ -~]{0,40}$/).map((text) => Buffer.from(`-ERR ${text}\r\n`)),
    fc.constantFrom('-MOVED 16383 10.0.0.1:6379\r\n', '-ASK 0 [::1]:1\r\n', '-MOVED 1 redis.example:6379\r\n').map((text) => Buffer.from(text)),
    fc.constantFrom('$-1\r\n', '*-1\r\n', '*0\r\n').map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')])),
    fc.array(tie('reply'), { maxLength: 5 }).map((items) => Buffer.concat([Buffer.from(`*${items.length}\r\n`), ...items])),
  ), // prettier-ignore
}));

describe('the check of replies', () => {
  it('accepts well-formed replies in any pieces', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(reply, { maxLength: 5 }), sizes, (replies, pieces) => {
        expect(check(Buffer.concat(replies), pieces)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it('counts each reply from zero', () => {
    const long = Buffer.from(`*30000\r\n${':1\r\n'.repeat(30_000)}`);
    expect(check(Buffer.concat([long, long, long]))).toBeUndefined();
    const big = Buffer.from(`$4000000\r\n${'x'.repeat(4_000_000)}\r\n`);
    expect(check(Buffer.concat([big, big, big]))).toBeUndefined();
  });

  it.each([
    ['*1\r\n'.repeat(9), 'arrays that are nested too deep'],
    ['*65537\r\n', 'an array that is too long'],
    ['*60000\r\n*60000\r\n', 'an array that is too long'],
    ['*-2\r\n', 'a malformed length'],
    ['$4194305\r\n', 'a bulk string that is too long'],
    ['$ 1\r\n', 'a malformed length'],
    ['$1e3\r\n', 'a malformed length'],
    [`*3\r\n${`$4000000\r\n${'x'.repeat(4_000_000)}\r\n`.repeat(3)}`, 'a reply that is too long'],
    [`+${'x'.repeat(replyLimits.lineBytes)}`, 'a line that is too long'],
    [':1.5\r\n', 'a malformed integer'],
    [':1\n', 'a malformed line end'],
    ['+a\rb\r\n', 'a malformed line end'],
    ['+a\tb\r\n', 'control characters'],
    ['-NOPERM \u001b[2J\r\n', 'control characters'],
    ['-MOVED __proto__ 127.0.0.1:1\r\n', 'a malformed redirection'],
    ['-MOVED 1\r\n', 'a malformed redirection'],
    ['-ASK\r\n', 'a malformed redirection'],
    ['-MOVED 1 :6379\r\n', 'a malformed redirection'],
    ['%1\r\n', 'an unknown type'],
    ['\r\n', 'an unknown type'],
  ])('reports the fault of %.40j', (text, fault) => {
    for (const size of [1, 7, text.length]) {
      if (text.length > 100_000 && size === 1) continue;
      expect(check(Buffer.from(text), [size])).toBe(fault);
    }
  });
});
