import { createLru } from '../base/lru.ts';
import type { Lock } from './lock.ts';
import type { SharedTokens } from './shared-tokens.ts';

/** Number of tokens whose names under other secrets are remembered between `keyOf` and the operations that follow it. */
const rememberedNames = 10_000;

/**
 * Tokens of one store during a change of its secret. New tokens are written under the first secret; tokens under another secret
 * are found, and rewritten under the first. Cool-downs exist under the first secret only. A lock is taken
 * under every secret, so that processes with the secrets in another order, or with only one of them, still wait for each other.
 */
export function createRotatingTokens(first: SharedTokens, others: readonly SharedTokens[]): SharedTokens {
  const names = createLru<string, readonly (readonly [SharedTokens, string])[]>(rememberedNames);
  return {
    ...first,
    keyOf(parts) {
      const key = first.keyOf(parts);
      names.set(
        key,
        others.map((tokens) => [tokens, tokens.keyOf(parts)] as const),
      );
      return key;
    },
    async read(key) {
      const found = await first.read(key);
      if (found !== undefined) return found;
      for (const [tokens, name] of names.get(key) ?? []) {
        const left = await tokens.read(name);
        if (left?.kind === 'token') void first.write(key, left);
        if (left !== undefined) return left;
      }
      return undefined;
    },
    async lock(key) {
      // In the same order in every process, to prevent deadlocks.
      const all = [[first, key] as const, ...(names.get(key) ?? [])].sort(([, a], [, b]) => (a < b ? -1 : 1));
      const held: Lock[] = [];
      const release = async (): Promise<void> => {
        await Promise.all(held.map((lock) => lock.release()));
      };
      for (const [tokens, name] of all) {
        const lock = await tokens.lock(name);
        if (typeof lock === 'string') {
          await release();
          return lock;
        }
        held.push(lock);
      }
      return { release };
    },
  };
}
