import { describe, expect, it } from 'vitest';
import { createRateSeries } from './rates.ts';

describe('rates of a counter', () => {
  it('spread an increase over the seconds in which it happened', () => {
    const rates = createRateSeries(5);
    rates.record('requests', 100, 10_000);
    rates.record('requests', 110, 11_000);
    rates.record('requests', 130, 12_500);
    // 20 in the second before 12.5.
    expect(rates.values('requests', 13_000)).toEqual([10, 10, 10]);
  });

  it('keep every request, whenever events arrive', () => {
    const rates = createRateSeries(60);
    [10_000, 10_900, 12_050, 12_950, 14_020].forEach((at, index) => rates.record('requests', index * 7, at));
    const sum = rates.values('requests', 16_000).reduce((total, value) => total + value, 0);
    expect(sum).toBeCloseTo(28);
  });

  it('start again with a counter that was restarted', () => {
    const rates = createRateSeries(5);
    rates.record('requests', 100, 10_000);
    rates.record('requests', 3, 11_000);
    rates.record('requests', 5, 12_000);
    expect(rates.values('requests', 12_000)).toEqual([0, 2]);
  });

  it('are unknown before the counter was read, and forgotten after the time window', () => {
    const rates = createRateSeries(3);
    expect(rates.values('requests', 10_000)).toEqual([]);
    rates.record('requests', 0, 10_000);
    rates.record('requests', 8, 11_000);
    expect(rates.values('requests', 30_000)).toEqual([0, 0, 0]);
  });
});
