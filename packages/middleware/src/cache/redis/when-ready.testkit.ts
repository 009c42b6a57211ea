import type { TokenStore } from '../store.ts';

/** Waits until a store is ready. */
export async function whenReady(store: TokenStore): Promise<TokenStore> {
  if (store.isReady()) return store;
  await new Promise<void>((resolve) => {
    const stop = store.onStateChange((ready) => {
      if (!ready) return;
      stop();
      resolve();
    });
  });
  return store;
}
