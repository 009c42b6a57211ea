import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearestName, proposeName } from './names.ts';

/** The number of edits from one text to the other, computed as in textbooks. */
function distance(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  const [restA, restB] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return distance(restA, restB);
  return 1 + Math.min(distance(restA, b), distance(a, restB), distance(restA, restB));
}

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

  it('is the first one with the fewest edits, up to a limit', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', 'C'), maxLength: 6 });
    fc.assert(
      fc.property(name, fc.array(name, { maxLength: 5 }), (written, known) => {
        const ways = known.map((one) => distance(written.toLowerCase(), one.toLowerCase()));
        const fewest = Math.min(...ways);
        const most = Math.min(Math.max(2, Math.floor(written.length / 3)), written.length - 1);
        expect(nearestName(written, known)).toBe(fewest <= most ? known[ways.indexOf(fewest)] : undefined);
      }),
      { numRuns: 500 },
    );
  });

  it('is suggested; without one, the known names are listed', () => {
    expect(proposeName('ulr', ['url', 'claims'])).toBe('did you mean url?');
    expect(proposeName('other', ['url', 'claims'])).toBe('expected one of url, claims');
    expect(proposeName('other', ['url'])).toBe('expected url');
    expect(proposeName('other', [])).toBe('expected none here');
  });
});
