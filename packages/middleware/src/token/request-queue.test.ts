import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { createRequestQueue } from './request-queue.ts';

/** A server that responds on command. */
function start(maxConcurrent: number, limits: { maxWaiting?: number; maxWaitMs?: number } = {}) {
  const clock = createFakeClock();
  const queue = createRequestQueue({ clock, maxConcurrent, ...limits });
  const sent: string[] = [];
  const answers: (() => void)[] = [];
  const turnedAway: string[] = [];
  let most = 0;
  const send = (clientId: string, isKnown = false): void => {
    void queue
      .run(clientId, isKnown, () => {
        sent.push(clientId);
        most = Math.max(most, queue.counts().active);
        return new Promise<true>((resolve) => answers.push(() => resolve(true)));
      })
      .then((result) => {
        if (result === undefined) turnedAway.push(clientId);
      });
  };
  const answer = async (count = 1): Promise<void> => {
    for (let at = 0; at < count; at += 1) answers.shift()?.();
    await clock.advance(0);
  };
  return { clock, queue, sent, turnedAway, send, answer, most: () => most };
}

describe('the queue of token requests', () => {
  it('sends at most the configured number at once, and all of them in the end', async () => {
    const { send, answer, sent, most, queue } = start(8);
    for (let at = 0; at < 500; at += 1) send(`client-${at % 30}`, at % 3 === 0);
    expect(sent).toHaveLength(8);
    while (sent.length < 500) await answer(4);
    await answer(8);
    expect(most()).toBe(8);
    expect(queue.counts()).toEqual({ active: 0, waiting: 0 });
  });

  it('leaves half of the slots to clients that have had a token', () => {
    const { send, sent } = start(8);
    for (let at = 0; at < 100; at += 1) send(`stranger-${at}`);
    expect(sent).toHaveLength(4);
    for (let at = 0; at < 4; at += 1) send(`known-${at}`, true);
    expect(sent.slice(4)).toEqual(['known-0', 'known-1', 'known-2', 'known-3']);
  });

  it('lets a client with one request go before the hundredth of another', async () => {
    const { send, answer, sent } = start(2);
    for (let at = 0; at < 100; at += 1) send('guessed');
    send('right');
    await answer();
    await answer();
    expect(sent).toContain('right');
  });

  it('serves the newest clients first while more clients wait than there are slots', async () => {
    const { send, answer, sent } = start(4);
    for (let at = 0; at < 2_000; at += 1) send(`wrong-${at}`);
    for (let at = 0; at < 20; at += 1) send(`right-${at}`);
    while (sent.filter((client) => client.startsWith('right')).length < 20) await answer();
    expect(sent.length).toBeLessThanOrEqual(2 + 20);
  });

  it('rejects requests beyond its length, and those that have waited too long', async () => {
    const { clock, send, answer, sent, turnedAway } = start(2, { maxWaiting: 3, maxWaitMs: 1_000 });
    for (let at = 0; at < 5; at += 1) send(`client-${at}`);
    await clock.advance(0);
    expect(turnedAway).toEqual(['client-4']);
    await clock.advance(1_001);
    await answer();
    expect(turnedAway.toSorted()).toEqual(['client-1', 'client-2', 'client-3', 'client-4']);
    expect(sent).toEqual(['client-0']);
  });

  it('rejects no client that has had a token in favour of others', async () => {
    const { clock, send, turnedAway } = start(2, { maxWaiting: 3 });
    for (let at = 0; at < 10; at += 1) send(`stranger-${at}`);
    for (let at = 0; at < 4; at += 1) send(`known-${at}`, true);
    await clock.advance(0);
    expect(turnedAway.filter((client) => client.startsWith('known'))).toEqual([]);
  });

  it('passes the slot of a failed request to the next one', async () => {
    const clock = createFakeClock();
    const queue = createRequestQueue({ clock, maxConcurrent: 1 });
    const failing = queue.run('a', true, () => Promise.reject(new Error('lost')));
    const waiting = queue.run('b', true, async () => 'sent');
    await expect(failing).rejects.toThrow('lost');
    expect(await waiting).toBe('sent');
  });
});
