import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../../testkit/src/fake-clock.ts';
import { createRateLimit, maxBackground } from './rate-limit.ts';

const { signal } = new AbortController();

describe('createRateLimit', () => {
  it.each([
    [5, 10],
    [200, 300],
    [0.5, 1],
  ])('allows %d requests a second after a burst of %d, however long it waits', async (qps, burst) => {
    const clock = createFakeClock();
    const limit = createRateLimit({ qps, burst }, clock);
    let sent = 0;
    const count = burst * 4;
    for (let n = 0; n < count; n += 1) void limit.acquire(false, signal).then(() => (sent += 1));
    await clock.advance(0);
    expect(sent).toBe(burst);
    const stepMs = Math.ceil(1000 / qps);
    for (let step = 1; sent < count; step += 1) {
      await clock.advance(stepMs);
      expect(sent).toBeLessThanOrEqual(burst + (step * stepMs * qps) / 1000);
      expect(sent).toBeGreaterThanOrEqual(
        Math.min(count, burst + Math.floor((step * stepMs * qps) / 1000) - 1),
      );
    }
    await clock.advance((burst / qps) * 10_000);
    sent = 0;
    for (let n = 0; n < count; n += 1) void limit.acquire(false, signal).then(() => (sent += 1));
    await clock.advance(0);
    expect(sent).toBe(burst);
  });

  it('sends no request of any kind while it is paused', async () => {
    const clock = createFakeClock();
    const limit = createRateLimit({ qps: 100, burst: 100 }, clock);
    limit.pause(8000);
    limit.pause(2000);
    const sent: string[] = [];
    void limit.acquire(false, signal).then(() => sent.push('first'));
    await clock.advance(7900);
    void limit.acquire(true, signal).then(() => sent.push('second'));
    await clock.advance(99);
    expect(sent).toEqual([]);
    await clock.advance(1 + 2 * 10);
    expect(sent).toEqual(['first', 'second']);
  });

  it('allows no burst after a pause: an overloaded server gets a few requests at a time', async () => {
    const clock = createFakeClock();
    const limit = createRateLimit({ qps: 100, burst: 100 }, clock);
    limit.pause(1000);
    let sent = 0;
    for (let n = 0; n < 20; n += 1) void limit.acquire(false, signal).then(() => (sent += 1));
    await clock.advance(1000 + 50);
    expect(sent).toBe(5);
    await clock.advance(150);
    expect(sent).toBe(20);
  });

  it('prefers requests in the foreground, and bounds those in the background', async () => {
    const clock = createFakeClock();
    const limit = createRateLimit({ qps: 10, burst: 1000 }, clock);
    const sent: string[] = [];
    for (let n = 0; n < maxBackground + 2; n += 1)
      void limit.acquire(true, signal).then(() => sent.push('background'));
    void limit.acquire(false, signal).then(() => sent.push('urgent'));
    await clock.advance(0);
    expect(sent.filter((kind) => kind === 'background')).toHaveLength(maxBackground);
    expect(sent).toContain('urgent');
    limit.release();
    await clock.advance(0);
    expect(sent.filter((kind) => kind === 'background')).toHaveLength(maxBackground + 1);
  });

  it('gives the next token to a request in the foreground', async () => {
    const clock = createFakeClock();
    const limit = createRateLimit({ qps: 1, burst: 1 }, clock);
    const sent: string[] = [];
    await limit.acquire(false, signal);
    void limit.acquire(true, signal).then(() => sent.push('background'));
    void limit.acquire(false, signal).then(() => sent.push('urgent'));
    await clock.advance(1000);
    expect(sent).toEqual(['urgent']);
    await clock.advance(1000);
    expect(sent).toEqual(['urgent', 'background']);
  });

  it('cancels a request whose signal aborts, and uses no token for it', async () => {
    const clock = createFakeClock();
    const limit = createRateLimit({ qps: 1, burst: 1 }, clock);
    await limit.acquire(false, signal);
    const end = new AbortController();
    const waiting = limit.acquire(false, end.signal);
    const next = limit.acquire(false, signal);
    end.abort();
    expect(await waiting).toBe(false);
    expect(await limit.acquire(false, end.signal)).toBe(false);
    await clock.advance(1000);
    expect(await next).toBe(true);
  });
});
