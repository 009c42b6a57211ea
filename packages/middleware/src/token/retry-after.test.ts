import { describe, expect, it } from 'vitest';
import { parseRetryAfter } from './retry-after.ts';

const now = Date.UTC(1994, 10, 6, 8, 49, 7);

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['120', 120],
    [' 120 ', 120],
    ['86401', 86_400],
    ['9'.repeat(400), 86_400],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 30],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 30],
    ['Sun, 06 Nov 1994 08:48:37 GMT', 0],
    ['Sun, 06 Nov 2044 08:49:37 GMT', 86_400],
  ])('%j means %i seconds', (text, seconds) => expect(parseRetryAfter(text, now)).toBe(seconds));

  it.each([
    null,
    '',
    ' ',
    '-1',
    '1.5',
    '1e3',
    '+1',
    'soon',
    'Sun Nov  6 08:49:37 1994',
    '1994-11-06',
    'Sun, 99 Nov 1994 99:49:37 GMT',
  ])('%j means nothing', (text) => expect(parseRetryAfter(text, now)).toBeUndefined());

  it('is rounded up, so that no client retries too early', () => {
    expect(parseRetryAfter('Sun, 06 Nov 1994 08:49:37 GMT', now + 1)).toBe(30);
  });
});
