import { expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { createPurges } from './purges.ts';

function setUp() {
  const clock = createFakeClock();
  const sent: string[] = [];
  const purges = createPurges<string>(clock);
  const purge = (...processes: string[]) =>
    purges.purge(processes, (process, id) => void sent.push(`${process}${id}`));
  return { clock, sent, purges, purge };
}

it('the purged tokens of all processes are summed per purge', async () => {
  const { sent, purges, purge } = setUp();
  const [first, second] = [purge('a', 'b'), purge('a', 'b')];
  expect(sent).toEqual(['a1', 'b1', 'a2', 'b2']);
  purges.take('a', 1, { middlewares: 1, tokens: 2 });
  // A process replies once, and only to messages that it received.
  purges.take('a', 1, { middlewares: 1, tokens: 9 });
  purges.take('c', 1, { middlewares: 1, tokens: 9 });
  purges.take('b', 2, { middlewares: 1, tokens: 0 });
  purges.take('b', 1, { middlewares: 1, tokens: 3 });
  purges.take('a', 2, { middlewares: 0, tokens: 0 });
  expect(await first).toEqual({ middlewares: 1, tokens: 5 });
  expect(await second).toEqual({ middlewares: 1, tokens: 0 });
});

it('a process that has exited is no longer awaited', async () => {
  const { purges, purge } = setUp();
  const [first, second] = [purge('a', 'b'), purge('b')];
  purges.take('a', 1, { middlewares: 1, tokens: 2 });
  purges.end('b');
  expect(await first).toEqual({ middlewares: 1, tokens: 2 });
  expect(await second).toEqual({ middlewares: 0, tokens: 0 });
  expect(await purge()).toEqual({ middlewares: 0, tokens: 0 });
});

it('there is no sum when a process does not reply within a second', async () => {
  const { clock, purges, purge } = setUp();
  const late = purge('a', 'b');
  purges.take('a', 1, { middlewares: 1, tokens: 2 });
  await clock.advance(1_000);
  expect(await late).toBeUndefined();
  purges.take('b', 1, { middlewares: 1, tokens: 2 });
});
