import { expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { inBatches } from './batches.ts';

function start() {
  const log: string[] = [];
  const clock = createFakeClock();
  const sink = inBatches(
    {
      write: (text) => void log.push(text),
      reopen: () => void log.push('reopened'),
      close: async () => void log.push('closed'),
    },
    clock,
  );
  return { log, clock, sink };
}

it('lines are written together, in their order, 20 ms after the first', async () => {
  const { log, clock, sink } = start();
  sink.write('a\n');
  await clock.advance(19);
  sink.write('b\n');
  expect(log).toEqual([]);
  await clock.advance(1);
  expect(log).toEqual(['a\nb\n']);
  sink.write('c\n');
  await clock.advance(20);
  expect(log).toEqual(['a\nb\n', 'c\n']);
  expect(clock.pending()).toBe(0);
});

it('the buffer stays small', () => {
  const { log, clock, sink } = start();
  for (let line = 0; line < 1000; line += 1) sink.write(`${'x'.repeat(99)}\n`);
  expect(log).toHaveLength(1);
  expect(log[0]!.length).toBeLessThanOrEqual(64 * 1024 + 100);
  expect(clock.pending()).toBe(1);
});

it('lines are written before the file is reopened or closed', async () => {
  const { log, clock, sink } = start();
  sink.write('a\n');
  sink.reopen();
  sink.write('b\n');
  await sink.close();
  expect(log).toEqual(['a\n', 'reopened', 'b\n', 'closed']);
  expect(clock.pending()).toBe(0);
});

it('the configured number of lines is buffered', () => {
  const log: string[] = [];
  const sink = inBatches(
    { write: (text) => void log.push(text), reopen() {}, close: async () => {} },
    createFakeClock(),
    2,
  );
  for (const line of ['a\n', 'b\n', 'c\n']) sink.write(line);
  expect(log).toEqual(['a\nb\n']);
});
