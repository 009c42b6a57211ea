import { expect, it } from 'vitest';
import { createFakeClock } from '../../../middleware/src/base/fake-clock.testkit.ts';
import { createMetricsLink } from './metrics-link.ts';

it('gives each that asks its own answer of the primary, and does not wait for ever', async () => {
  const clock = createFakeClock();
  const asked: number[] = [];
  const link = createMetricsLink((id) => void asked.push(id), clock);
  const [first, second, third, fourth] = [link.ask(), link.ask(), link.ask(), link.ask()];
  expect(asked).toEqual([1, 2, 3, 4]);
  link.take(2, 'two');
  link.take(1, 'one');
  link.take(3, undefined);
  expect(await Promise.all([first, second])).toEqual(['one', 'two']);
  await expect(third).rejects.toThrow('no figures');
  const late = expect(fourth).rejects.toThrow('no figures');
  await clock.advance(5_000);
  await late;
  // Too late, and never asked for.
  link.take(4, 'four');
  link.take(9, 'nine');
});
