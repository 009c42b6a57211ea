import { describe, expect, it } from 'vitest';
import { nearestName, proposeName } from './names.ts';

describe('the nearest name', () => {
  it.each([
    ['audiance', 'audience'],
    ['AUDIENCE', 'audience'],
    ['ur', 'url'],
    ['client_id', 'clientID'],
    ['forwardHeader', 'forwardHeaders'],
    ['cb', 'ca'],
    ['zz', undefined],
    ['x', undefined],
    ['', undefined],
    ['nothing like it', undefined],
  ])('to %j is %s', (written, near) =>
    expect(nearestName(written, ['ca', 'url', 'audience', 'clientID', 'forwardHeaders'])).toBe(near),
  );

  it('is proposed; without one, what is known', () => {
    expect(proposeName('ulr', ['url', 'claims'])).toBe('did you mean url?');
    expect(proposeName('other', ['url', 'claims'])).toBe('expected one of url, claims');
    expect(proposeName('other', ['url'])).toBe('expected url');
    expect(proposeName('other', [])).toBe('expected none here');
  });
});
