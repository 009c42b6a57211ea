import { inTime } from '../../../../testkit/src/until.ts';
import type { TokenStore } from '../store.ts';

/** Waits until a store is ready. */
export async function whenReady(store: TokenStore): Promise<TokenStore> {
  if (store.isReady()) return store;
  const ready = new Promise<void>((resolve) => {
    const stop = store.onStateChange((isReady) => {
      if (!isReady) return;
      stop();
      resolve();
    });
  });
  await inTime(ready, () => 'the store to be ready');
  return store;
}
