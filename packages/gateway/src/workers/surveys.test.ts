import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { createSurveys } from './surveys.ts';

function open() {
  const clock = createFakeClock();
  const surveys = createSurveys<string, number>(clock);
  const sent: [string, number][] = [];
  const ask = (...processes: string[]) =>
    surveys.ask(processes, (process, id) => void sent.push([process, id]));
  return { clock, surveys, sent, ask };
}

describe('a survey', () => {
  it('ends when every process has replied, with their replies in the order of arrival', async () => {
    const { surveys, sent, ask } = open();
    const result = ask('one', 'two');
    const [[, id]] = sent as [[string, number]];
    expect(sent).toEqual([
      ['one', id],
      ['two', id],
    ]);
    surveys.take('two', id, 2);
    surveys.take('one', id, 1);
    expect(await result).toEqual({ readings: [2, 1], asked: 2, late: 0 });
  });

  it('does not wait for a process that has exited', async () => {
    const { surveys, sent, ask } = open();
    const result = ask('one', 'two');
    surveys.end('two');
    surveys.take('one', sent[0]![1], 1);
    expect(await result).toEqual({ readings: [1], asked: 2, late: 0 });
  });

  it('ends after a second without the late ones, whose replies are ignored', async () => {
    const { clock, surveys, sent, ask } = open();
    const result = ask('one', 'two');
    surveys.take('one', sent[0]![1], 1);
    await clock.advance(1_000);
    expect(await result).toEqual({ readings: [1], asked: 2, late: 1 });
    surveys.take('two', sent[1]![1], 2);
  });

  it('counts one reply of a process, and none of a stranger', async () => {
    const { surveys, sent, ask } = open();
    const result = ask('one', 'two');
    const [[, id]] = sent as [[string, number]];
    for (const process of ['one', 'one', 'stranger']) surveys.take(process, id, 1);
    // Without data, because its API is off.
    surveys.take('two', id, undefined);
    expect(await result).toEqual({ readings: [1], asked: 2, late: 0 });
  });

  it('ends at once without processes, and does not disturb another one', async () => {
    const { surveys, sent, ask } = open();
    const first = ask('one');
    expect(await ask()).toEqual({ readings: [], asked: 0, late: 0 });
    const second = ask('one');
    const [firstId, secondId] = sent.map(([, id]) => id) as [number, number];
    expect(firstId).not.toBe(secondId);
    surveys.take('one', secondId, 2);
    surveys.take('one', firstId, 1);
    expect((await first).readings).toEqual([1]);
    expect((await second).readings).toEqual([2]);
  });
});
