import { expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { createMemoryStore } from './memory-store.ts';
import type { TokenStore } from './store.ts';
import { describeTokenStore } from './token-store.contract.testkit.ts';

describeTokenStore('memory', () => {
  const clock = createFakeClock();
  const shared = createMemoryStore({ clock });
  // The first two share their values; each later one is separate, and a test closes it.
  let opened = 0;
  return Promise.resolve({
    open: (): Promise<TokenStore> => Promise.resolve(opened++ < 2 ? shared : createMemoryStore({ clock })),
    tick: () => clock.advance(1),
    close: () => Promise.resolve(),
  });
});

it('values expire to the millisecond', async () => {
  const clock = createFakeClock();
  const store = createMemoryStore({ clock });
  await store.set('key', Uint8Array.of(1), 1000);
  await clock.advance(999);
  expect(await store.get('key')).toEqual({ value: Uint8Array.of(1), ttlMs: 1 });
  await clock.advance(1);
  expect(await store.get('key')).toBeUndefined();
});

it('the least recently used value is evicted when the store is full', async () => {
  const store = createMemoryStore({ clock: createFakeClock(), maxEntries: 2 });
  for (const key of ['first', 'second']) await store.set(key, Uint8Array.of(1), 1000);
  await store.get('first');
  await store.set('third', Uint8Array.of(1), 1000);
  expect(await store.get('second')).toBeUndefined();
  expect(await store.get('first')).toBeDefined();
  expect(await store.get('third')).toBeDefined();
});

it('the least recently used values above the limit of bytes are evicted and counted', async () => {
  const clock = createFakeClock();
  const store = createMemoryStore({ clock, maxBytes: 30 });
  const eight = new Uint8Array(8);
  for (const key of ['ab', 'cd', 'ef']) await store.set(key, eight, 1000);
  // Replaced, deleted and expired values: none counts twice, or after its removal.
  await store.set('ef', eight, 10);
  expect(await store.deleteIfEquals('cd', eight)).toBe(true);
  await clock.advance(10);
  expect(await store.get('ef')).toBeUndefined();
  for (const key of ['gh', 'ij']) await store.set(key, eight, 1000);
  expect(await store.get('ab')).toBeDefined();
  await store.set('kl', eight, 1000);
  expect(await store.get('gh')).toBeUndefined();
  for (const key of ['ab', 'ij', 'kl']) expect(await store.get(key)).toBeDefined();
});

it('a value that is larger than the whole limit is not stored', async () => {
  const store = createMemoryStore({ clock: createFakeClock(), maxBytes: 10 });
  await store.set('small', new Uint8Array(5), 1000);
  await store.set('large', new Uint8Array(6), 1000);
  expect(await store.get('large')).toBeUndefined();
  expect(await store.get('small')).toBeDefined();
});
