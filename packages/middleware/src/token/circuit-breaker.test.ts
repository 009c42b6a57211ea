import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../base/fake-clock.testkit.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';

function start() {
  const clock = createFakeClock();
  const breaker = createCircuitBreaker({ clock, random: () => 1 });
  const fail = (count = 1): void => {
    for (let at = 0; at < count; at += 1) breaker.failed();
  };
  return { clock, breaker, fail };
}

describe('the circuit breaker', () => {
  it('lets everything pass until five failures come in a row', () => {
    const { breaker, fail } = start();
    fail(4);
    breaker.succeeded();
    fail(4);
    expect(breaker.pass()).toBe(0);
    fail();
    expect(breaker.pass()).toBe(1_000);
  });

  it('lets one request pass as a trial, and closes when it succeeds', async () => {
    const { clock, breaker, fail } = start();
    fail(5);
    await clock.advance(1_000);
    expect(breaker.pass()).toBe(0);
    expect(breaker.pass()).toBeGreaterThan(0);
    breaker.succeeded();
    expect(breaker.pass()).toBe(0);
    expect(breaker.pass()).toBe(0);
  });

  it('stays open twice as long after each failed trial, half a minute at most', async () => {
    const { clock, breaker, fail } = start();
    fail(5);
    for (const openMs of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      expect(breaker.pass()).toBe(openMs);
      await clock.advance(openMs);
      expect(breaker.pass()).toBe(0);
      breaker.failed();
    }
  });

  it('is not kept open by requests that were sent before it opened', async () => {
    const { clock, breaker, fail } = start();
    fail(5);
    await clock.advance(900);
    fail(20);
    await clock.advance(100);
    expect(breaker.pass()).toBe(0);
  });

  it('gives the trial to another request when the first says nothing about the server', async () => {
    const { clock, breaker, fail } = start();
    fail(5);
    await clock.advance(1_000);
    expect(breaker.pass()).toBe(0);
    breaker.released();
    expect(breaker.pass()).toBe(0);
  });
});
