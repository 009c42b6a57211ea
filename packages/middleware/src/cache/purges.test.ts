import { describe, expect, it } from 'vitest';
import { createPurges } from './purges.ts';

describe('the memory of purges', () => {
  it('finds the latest purge of a client: of its profile or of the client alone', () => {
    const purges = createPurges(10);
    purges.add('p', 'app', 1);
    purges.add('p', undefined, 2);
    purges.add('p', 'other', 3);
    expect(purges.latest('p', 'app')).toBe(2);
    expect(purges.latest('p', 'other')).toBe(3);
    expect(purges.latest('q', 'app')).toBe(-Infinity);
  });

  it('does not match a client without a name with any profile', () => {
    const purges = createPurges(10);
    purges.add('p', '', 1);
    expect(purges.latest('p', 'app')).toBe(-Infinity);
  });

  it('forgets no purge, even when there are more than it stores separately', () => {
    const purges = createPurges(2);
    purges.add('p', 'a', 1);
    purges.add('p', 'b', 2);
    purges.add('p', 'c', 3);
    expect(purges.latest('p', 'a')).toBeGreaterThanOrEqual(1);
    expect(purges.latest('q', 'a')).toBe(3);
  });
});
