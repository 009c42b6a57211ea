import { expect, it } from 'vitest';
import { createContext } from './facts.testkit.ts';

it('the query is parsed once, however many rules use it', () => {
  const context = createContext({ target: `/?${'a=1&b=2;'.repeat(400)}` });
  const first = context.queryValues('a');
  expect(first).toHaveLength(400);
  expect(context.queryValues('b')).toHaveLength(400);
  expect(context.queryValues('none')).toEqual([]);
  // The same list object as the first time.
  expect(context.queryValues('a')).toBe(first);
});

it('the address of the peer is read once', () => {
  const context = createContext({ remoteAddress: '192.0.2.7' });
  expect(context.peer?.toString()).toBe('192.0.2.7');
  expect(context.peer).toBe(context.peer);
  expect(createContext({ remoteAddress: '' }).peer).toBeUndefined();
});
