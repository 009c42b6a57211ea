import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { CountersUse, SharedCounters, StoreOptions, Stores } from '../cache/stores.ts';

/** Number of proofs that a process remembers until they expire; beyond that, new proofs are refused. */
export const defaultMaxProofs = 100_000;

/** DPoP proofs that have been accepted, so that each is accepted once (RFC 9449 section 11.1). */
export interface UsedProofs {
  /** False for a used proof, and when too many are remembered to detect a replay. @param forMs milliseconds. */
  add(id: string, forMs: number): Promise<boolean>;
  close(): Promise<void>;
}

export interface UsedProofsParts {
  readonly clock: Clock;
  /**
   * Name of the middleware to which the proofs apply: each of several on one route accepts a proof. Not secret; equal in every
   * process.
   */
  readonly scope: readonly (string | readonly string[])[];
  /** Default: only this process remembers them. */
  readonly stores?: Stores | undefined;
  /** Store of all replicas; undefined: the processes of this gateway remember together. */
  readonly store?: StoreOptions | undefined;
  /** Default: `defaultMaxProofs`. */
  readonly maxProofs?: number | undefined;
}

/**
 * Remembers proofs in this process and, if there are other processes, with them. While a store is unavailable, only the memory of the
 * process remains: no request fails because of the store.
 */
export function createUsedProofs({
  clock,
  scope,
  stores,
  store,
  maxProofs = defaultMaxProofs,
}: UsedProofsParts): UsedProofs {
  const used = new Map<string, number>();
  let use: CountersUse | undefined;
  // Opened by the first proof, because most middlewares never see one.
  const openCircles = (): readonly SharedCounters[] => {
    if (stores === undefined) return [];
    if (store !== undefined) use ??= stores.acquireCounters(store.redis);
    return [use?.counters, stores.localCounters].filter((counters) => counters !== undefined);
  };
  const prefix = `${store?.keyPrefix ?? ''}dpop:`;
  const resource = JSON.stringify(scope);
  return {
    async add(id, forMs) {
      const key = createHash('sha256').update(resource).update(id).digest('base64url');
      if (!remember(used, key, { now: clock.monotonic(), forMs, maxProofs })) return false;
      // A bucket of one token, full again when the proof has expired: the first process to take the token accepts the proof.
      const limits = { perMs: 1 / forMs, size: 1, maxWaitMs: 0 };
      for (const counters of openCircles()) {
        const grant = await counters.take(prefix + key, limits);
        if (grant !== undefined) return grant.granted > 0;
      }
      return true;
    },
    async close() {
      await use?.release();
      use = undefined;
    },
  };
}

interface Remembrance {
  readonly now: number;
  readonly forMs: number;
  readonly maxProofs: number;
}

function remember(used: Map<string, number>, key: string, { now, forMs, maxProofs }: Remembrance): boolean {
  // Every proof is remembered for the same time, so the oldest expire first.
  for (const [old, untilMs] of used) {
    if (untilMs > now) break;
    used.delete(old);
  }
  if (used.has(key) || used.size >= maxProofs) return false;
  used.set(key, now + forMs);
  return true;
}
