/** Resources shared by key: created for the first user, closed after the last. */
export interface SharedResources<T> {
  acquire(key: string, create: () => T): Use<T>;
  /** The resources in use, with their keys. */
  entries(): readonly (readonly [key: string, value: T])[];
}

export interface Use<T> {
  readonly value: T;
  /** Call exactly once. Resolves when the resource is closed, or at once while it has other users. */
  release(): Promise<void>;
}

export function createSharing<T>(close: (value: T) => Promise<void> | void): SharedResources<T> {
  const held = new Map<string, { readonly value: T; users: number }>();
  return {
    entries: () => Array.from(held, ([key, { value }]) => [key, value] as const),
    acquire(key, create) {
      let entry = held.get(key);
      if (entry === undefined) {
        entry = { value: create(), users: 0 };
        held.set(key, entry);
      }
      const { value } = entry;
      const mine = entry;
      mine.users += 1;
      return {
        value,
        async release() {
          mine.users -= 1;
          if (mine.users > 0) return;
          held.delete(key);
          await close(value);
        },
      };
    },
  };
}
