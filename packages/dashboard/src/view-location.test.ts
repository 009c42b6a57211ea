import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatViewLocation, parseViewLocation, viewNames } from './view-location.ts';

describe('the location of a view', () => {
  it('survives writing it as a fragment and reading it back', () => {
    const names = fc.string({ minLength: 1 }).filter((name) => name !== '__proto__');
    fc.assert(
      fc.property(
        fc.constantFrom(...viewNames),
        fc.dictionary(names, fc.string({ minLength: 1, unit: 'grapheme' }), { noNullPrototype: true }),
        (view, parameters) => {
          expect(parseViewLocation(formatViewLocation({ view, parameters }))).toEqual({ view, parameters });
        },
      ),
    );
  });

  it('is the overview for an unknown fragment', () => {
    expect(['', '#', '#/', '#/gone', '#main'].map((fragment) => parseViewLocation(fragment).view)).toEqual(
      Array(5).fill('overview'),
    );
  });

  it('is written without empty parameters', () => {
    expect(formatViewLocation({ view: 'routes', parameters: { search: '', status: 'disabled' } })).toBe(
      '#/routes?status=disabled',
    );
    expect(formatViewLocation({ view: 'overview', parameters: {} })).toBe('#/');
  });
});
