import { expect, it } from 'vitest';
import { createFakeClock } from '../base/fake-clock.testkit.ts';
import { createMemoryStore } from './memory-store.ts';
import type { TokenStore } from './store.ts';
import { describeTokenStore } from './token-store.contract.testkit.ts';

describeTokenStore('memory', () => {
  const clock = createFakeClock();
  const shared = createMemoryStore({ clock });
  // The first two share their values; what comes later is closed by a test, and is one of its own.
  let opened = 0;
  return Promise.resolve({
    open: (): Promise<TokenStore> => Promise.resolve(opened++ < 2 ? shared : createMemoryStore({ clock })),
    tick: () => clock.advance(1),
    close: () => Promise.resolve(),
  });
});

it('keeps a value of memory to the millisecond', async () => {
  const clock = createFakeClock();
  const store = createMemoryStore({ clock });
  await store.set('key', Uint8Array.of(1), 1000);
  await clock.advance(999);
  expect(await store.get('key')).toEqual({ value: Uint8Array.of(1), ttlMs: 1 });
  await clock.advance(1);
  expect(await store.get('key')).toBeUndefined();
});

it('lets what was used longest ago give way when memory is full', async () => {
  const store = createMemoryStore({ clock: createFakeClock(), maxEntries: 2 });
  for (const key of ['first', 'second']) await store.set(key, Uint8Array.of(1), 1000);
  await store.get('first');
  await store.set('third', Uint8Array.of(1), 1000);
  expect(await store.get('second')).toBeUndefined();
  expect(await store.get('first')).toBeDefined();
  expect(await store.get('third')).toBeDefined();
});
