import { describe, expect, it } from 'vitest';
import { isFound, maxPerPage, paginate, readRange, sortBy } from './paging.ts';

const query = (text: string): URLSearchParams => new URLSearchParams(text);
const numbers = Array.from({ length: 250 }, (_, at) => at);
const page = (text: string) => paginate(numbers, readRange(query(text)));

describe('a page', () => {
  it('has 100 entries unless the request sets another number, and names the next page; the last page names the first', () => {
    expect(page('')).toEqual({ items: numbers.slice(0, 100), nextPage: 2, total: 250 });
    expect(page('page=3')).toEqual({ items: numbers.slice(200), nextPage: 1, total: 250 });
    expect(page('page=2&per_page=125')).toEqual({ items: numbers.slice(125), nextPage: 1, total: 250 });
    expect(page(`per_page=${maxPerPage}`)).toMatchObject({ nextPage: 1, total: 250 });
  });

  it('may be the first of an empty list', () => {
    expect(paginate([], readRange(query('')))).toEqual({ items: [], nextPage: 1, total: 0 });
  });

  it.each([
    ['page=4', 'invalid request: page: 4, per_page: 100'],
    ['page=0', 'invalid request: page: expected a whole number of 1 or more'],
    ['page=-1', 'invalid request: page: expected a whole number of 1 or more'],
    ['page=1.5', 'invalid request: page: expected a whole number of 1 or more'],
    ['page=1e3', 'invalid request: page: expected a whole number of 1 or more'],
    ['per_page=x', 'invalid request: per_page: expected a whole number of 1 or more'],
    ['per_page=10001', 'invalid request: per_page: expected at most 10000'],
    ['page=99999999999', 'invalid request: page: expected a whole number of 1 or more'],
  ])('is refused for %s', (text, message) => {
    expect(() => page(text)).toThrow(expect.objectContaining({ status: 400, message }) as Error);
  });
});

describe('an order', () => {
  const items = [
    { name: 'b', age: 1 },
    { name: 'a', age: 2 },
    { name: 'c', age: 1 },
  ];
  const keys = { name: ({ name }: { name: string }) => name, age: ({ age }: { age: number }) => age };
  const sorted = (text: string) =>
    sortBy(items, query(text), keys)
      .map(({ name }) => name)
      .join('');

  it('is by the key of the request, in its direction, and stable', () => {
    expect(sorted('')).toBe('bac');
    expect(sorted('sortBy=name')).toBe('abc');
    expect(sorted('sortBy=name&direction=desc')).toBe('cba');
    expect(sorted('sortBy=age')).toBe('bca');
  });

  it.each(['toString', '__proto__', 'size'])('by %s is refused', (name) => {
    expect(() => sorted(`sortBy=${name}`)).toThrow('invalid request: sortBy: expected name, age');
  });
});

describe('a search', () => {
  it('finds a part of any text, in any letter case', () => {
    expect(isFound(query('search=ORD'), 'x', 'my-orders')).toBe(true);
    expect(isFound(query('search=bill'), 'x', 'my-orders')).toBe(false);
    expect(isFound(query(''), 'x')).toBe(true);
  });
});
