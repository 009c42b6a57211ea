import type { TokenStore } from './store.ts';

/**
 * A store whose code is loaded when a store is first configured, so that applications without one do not load it. It is not
 * ready until then.
 */
export function createDeferredStore(load: () => Promise<TokenStore>): TokenStore {
  const listeners = new Map<Parameters<TokenStore['onStateChange']>[0], () => void>();
  let store: TokenStore | undefined;
  const loading = load().then(
    (loaded) => {
      store = loaded;
      for (const listener of listeners.keys()) listeners.set(listener, loaded.onStateChange(listener));
      return loaded;
    },
    (error: unknown) => {
      const reason = error instanceof Error ? error.message : 'unknown error';
      for (const listener of listeners.keys()) listener(false, reason);
      throw error;
    },
  );
  // Each operation reports the failure as well.
  loading.catch(() => {});
  return {
    get: async (...given) => (await loading).get(...given),
    set: async (...given) => (await loading).set(...given),
    setIfAbsent: async (...given) => (await loading).setIfAbsent(...given),
    extendIfEquals: async (...given) => (await loading).extendIfEquals(...given),
    deleteIfEquals: async (...given) => (await loading).deleteIfEquals(...given),
    take: async (...given) => (await loading).take(...given),
    occupy: async (...given) => (await loading).occupy(...given),
    isReady: () => store?.isReady() === true,
    ping: async () => (await loading).ping(),
    onStateChange(listener) {
      listeners.set(listener, store?.onStateChange(listener) ?? (() => {}));
      return () => {
        listeners.get(listener)?.();
        listeners.delete(listener);
      };
    },
    async close() {
      await loading.then(
        (loaded) => loaded.close(),
        () => {},
      );
    },
  };
}
