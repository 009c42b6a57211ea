import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { createCircuitBreaker, type ReportResult, type RequestResult } from './circuit-breaker.ts';

function start() {
  const clock = createFakeClock();
  const breaker = createCircuitBreaker({ clock, random: () => 1 });
  const enter = (counts = true): ReportResult => {
    const report = breaker.enter(counts);
    expect(report).toBeTypeOf('function');
    return report as ReportResult;
  };
  const end = (result: RequestResult, times = 1): void => {
    for (let at = 0; at < times; at += 1) enter()(result);
  };
  return { clock, breaker, enter, end };
}

describe('the circuit breaker', () => {
  it('lets everything pass until five failures in a row', () => {
    const { breaker, end } = start();
    end('failed', 4);
    end('succeeded');
    end('failed', 5);
    expect(breaker.enter(true)).toBe(1_000);
    expect(breaker.enter(false)).toBe(1_000);
  });

  it('lets one request pass as a trial, and closes when it succeeds', async () => {
    const { clock, breaker, enter, end } = start();
    end('failed', 5);
    await clock.advance(1_000);
    const trial = enter();
    expect(breaker.enter(true)).toBeGreaterThan(0);
    trial('succeeded');
    end('failed', 4);
    enter();
  });

  it('stays open twice as long after each failed trial, half a minute at most', async () => {
    const { clock, breaker, end } = start();
    end('failed', 5);
    for (const openMs of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      expect(breaker.enter(true)).toBe(openMs);
      await clock.advance(openMs);
      end('failed');
    }
  });

  it('is not kept open by requests that were sent before it opened', async () => {
    const { clock, enter, end } = start();
    const early = Array.from({ length: 20 }, () => enter());
    end('failed', 5);
    await clock.advance(900);
    for (const report of early) report('failed');
    await clock.advance(100);
    const trial = enter();
    trial('failed');
    await clock.advance(2_000);
    enter();
  });

  it('tries another request when the result of the first is no evidence about the server', async () => {
    const { clock, enter, end } = start();
    end('failed', 5);
    await clock.advance(1_000);
    enter()('undecided');
    enter();
  });

  it('does not open by requests that do not count, and these do not use up the trial', async () => {
    const { clock, enter, end } = start();
    for (let at = 0; at < 50; at += 1) enter(false)('failed');
    end('failed', 5);
    await clock.advance(1_000);
    const uncounted = enter(false);
    const trial = enter();
    uncounted('failed');
    trial('succeeded');
    enter();
  });

  it('closes when a request succeeds that does not count', async () => {
    const { clock, enter, end } = start();
    end('failed', 5);
    await clock.advance(1_000);
    enter(false)('succeeded');
    enter();
    enter();
  });
});
