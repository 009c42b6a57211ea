import { describe, expect, it } from 'vitest';
import {
  formatDuration,
  formatMilliseconds,
  formatRelative,
  formatShare,
  readable,
  shorten,
} from './text.ts';

describe('times', () => {
  it('have their two largest units', () => {
    expect(
      [0, 400, 59_000, 61_000, 3_600_000, 7_500_000, 90_000_000].map((ms) => formatDuration(ms)),
    ).toEqual(['0 s', '0 s', '59 s', '1 min 1 s', '1 h', '2 h 5 min', '1 d 1 h']);
  });

  it('show whether they are in the future or in the past', () => {
    expect([formatRelative(10_000, 0), formatRelative(0, 10_000), formatRelative(0, 500)]).toEqual([
      'in 10 s',
      '10 s ago',
      'now',
    ]);
  });

  it('below a second have a suitable unit', () => {
    expect([0.42, 12.4, 1_250].map(formatMilliseconds)).toEqual(['0.4 ms', '12 ms', '1.3 s']);
  });
});

describe('shares', () => {
  it('of nothing are zero, and small ones are not rounded to zero', () => {
    expect([formatShare(0, 0), formatShare(1, 1_000_000), formatShare(1, 4)]).toEqual([
      '0 %',
      '< 0.1 %',
      '25 %',
    ]);
  });
});

describe('texts from outside', () => {
  it('show characters that reorder or hide others', () => {
    expect(readable('a\u202Eb\u200Bc\nd')).toBe('a‹U+202E›b‹U+200B›c‹U+000A›d');
    expect(readable('Zürich 東京')).toBe('Zürich 東京');
  });

  it('are shortened between characters', () => {
    expect(shorten('😀'.repeat(5), 3)).toBe('😀😀😀… (5 characters)');
    expect(shorten('abc', 3)).toBe('abc');
  });
});
