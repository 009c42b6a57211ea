import { expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { createRequestLink } from './request-link.ts';

it("each request gets the primary's reply, or fails after five seconds", async () => {
  const clock = createFakeClock();
  const sent: [number, string][] = [];
  const link = createRequestLink<string, string>((id, request) => void sent.push([id, request]), clock);
  const [first, second, third, fourth] = ['a', 'b', 'c', 'd'].map((request) => link.request(request));
  expect(sent).toEqual([[1, 'a'], [2, 'b'], [3, 'c'], [4, 'd']]); // prettier-ignore
  link.take(2, 'two');
  link.take(1, 'one');
  link.take(3, undefined);
  expect(await Promise.all([first, second])).toEqual(['one', 'two']);
  await expect(third).rejects.toThrow('no reply');
  const late = expect(fourth).rejects.toThrow('no reply');
  await clock.advance(5_000);
  await late;
  // Too late, and never requested.
  link.take(4, 'four');
  link.take(9, 'nine');
});
