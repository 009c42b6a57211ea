import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { Lru } from '../base/lru.ts';
import { createLru } from '../base/lru.ts';
import type { AccessToken, TokenOutcome } from '../token/access-token.ts';
import type { TokenFailure, TokenFailureReason } from '../token/failure.ts';
import { createKeyer, type Keyer } from './key.ts';
import type { Progress } from './obtain.ts';
import { createPurges, type TokenOrigin, type Purges } from './purges.ts';
import { createRenewalOutages, type RenewalOutages } from './renewal-outages.ts';
import type { TokenTally } from './token-tally.ts';
import { createValidity, isValid, makeUnsure, type Validity } from './validity.ts';

/** Owner of a token or of a token request. */
export interface EntryOwner {
  readonly clientId: string;
  readonly generation: TokenOrigin;
}

/** A token in memory. */
export interface CacheEntry extends EntryOwner {
  readonly token: AccessToken;
  readonly validity: Validity;
  /** `Clock.monotonic()` from which a use starts a background refresh. */
  refreshAtMs: number;
  failedRefreshes: number;
}

/** A token request in flight, or a wait for a shared token. */
export interface Flight extends EntryOwner {
  readonly outcome: Promise<TokenOutcome>;
  /** The refused token, which must not be the result. */
  readonly refused: Pick<AccessToken, 'value'> | undefined;
  readonly progress: Progress;
}

/** State shared by all sources of one cache, by the key of a credential and its profile. */
export interface CacheMemory {
  readonly clock: Clock;
  readonly keyOf: Keyer;
  readonly entries: Lru<string, CacheEntry>;
  readonly flights: Map<string, Flight>;
  readonly outages: RenewalOutages;
  readonly purges: Purges;
  /** Refresh outages of the open sources, by tally. */
  readonly profiles: Map<TokenTally, string>;
  readonly counts: { memory: number; store: number; server: number };
  /** Failure of a recently refused credential. */
  refusalOf(key: string): TokenFailure | undefined;
  /** Stores the outcome of a token request. @param unwanted the refused token, which must not be the result. */
  readonly keep: (
    key: string,
    origin: EntryOwner,
    outcome: TokenOutcome,
    unwanted: Pick<AccessToken, 'value'> | undefined,
  ) => void;
  /** Drops tokens and outages; requests in flight then serve only their waiters. @returns number of dropped tokens. */
  readonly drop: (concerns: (of: EntryOwner) => boolean) => number;
}

/** Maximum number of purges to remember separately; see `Purges`. */
const maxPurges = 10_000;

/** Maximum number of refresh outages to remember, the latest ones. */
const maxOutages = 10_000;

/** Failures that another token request would only repeat, so they are remembered briefly. */
const lastingFailures: ReadonlySet<TokenFailureReason> = new Set([
  'credentials_refused',
  'request_rejected',
  'response_invalid',
]);

export function createCacheMemory(
  clock: Clock,
  limits: { readonly maxEntries: number; readonly maxRefused: number; readonly refusedForMs: number },
): CacheMemory {
  const entries = createLru<string, CacheEntry>(limits.maxEntries);
  const refused = createLru<string, { readonly failure: TokenFailure; readonly untilMs: number }>(
    limits.maxRefused,
  );
  const flights = new Map<string, Flight>();
  const outages = createRenewalOutages(clock, maxOutages);
  return {
    clock,
    keyOf: createKeyer(randomBytes(32)),
    entries,
    flights,
    outages,
    purges: createPurges(maxPurges),
    profiles: new Map(),
    counts: { memory: 0, store: 0, server: 0 },
    refusalOf(key) {
      const refusal = refused.get(key);
      if (refusal === undefined) return undefined;
      if (clock.monotonic() < refusal.untilMs) return refusal.failure;
      refused.delete(key);
      return undefined;
    },
    keep(key, origin, outcome, unwanted) {
      if (outcome.kind === 'token') keepToken({ entries, clock }, key, origin, outcome, unwanted);
      else if (lastingFailures.has(outcome.reason))
        refused.set(key, { failure: outcome, untilMs: clock.monotonic() + limits.refusedForMs });
    },
    drop(concerns) {
      outages.forget(({ source: { generation }, clientId }) => concerns({ generation, clientId }));
      for (const [key, flight] of flights) {
        if (!concerns(flight)) continue;
        flight.progress.purged = true;
        flights.delete(key);
      }
      return entries.deleteWhere(concerns);
    },
  };
}

function keepToken(
  { entries, clock }: Pick<CacheMemory, 'entries' | 'clock'>,
  key: string,
  { clientId, generation }: EntryOwner,
  token: AccessToken,
  unwanted: Pick<AccessToken, 'value'> | undefined,
): void {
  const now = clock.monotonic();
  const { expiresAtMs } = token;
  if (expiresAtMs === undefined || expiresAtMs <= now) return;
  const held = entries.get(key);
  const isNewer = (entry: CacheEntry): boolean =>
    isValid(entry.validity, now, clock.now()) && entry.token.obtainedAtMs > token.obtainedAtMs;
  // A newer token stays, unless it is the refused one.
  if (held !== undefined && held.token.value !== unwanted?.value && isNewer(held)) return;
  // The server returned the same token: the cached object stays, and the next attempt waits longer.
  if (held?.token.value === token.value) {
    postpone(held, now);
    return;
  }
  entries.set(key, {
    token,
    validity: createValidity(expiresAtMs, clock),
    clientId,
    generation,
    refreshAtMs: refreshAfterMs(token.obtainedAtMs, expiresAtMs),
    failedRefreshes: 0,
  });
}

/** Postpones the next refresh of a token, longer each time. @param now `Clock.monotonic()`. */
export function postpone(entry: CacheEntry, now: number, retryAfterSeconds = 0): void {
  entry.refreshAtMs = now + Math.max(retryRefreshMs(entry.failedRefreshes), retryAfterSeconds * 1000);
  makeUnsure(entry.validity);
  entry.failedRefreshes += 1;
}

/** A token is refreshed in the last fifth of its life, at most this many milliseconds before its expiry. */
const refreshAheadMs = 60_000;

/** Time at which a use starts a refresh, in `Clock.monotonic()` milliseconds. */
function refreshAfterMs(obtainedAtMs: number, expiresAtMs: number): number {
  return expiresAtMs - Math.min((expiresAtMs - obtainedAtMs) / 5, refreshAheadMs);
}

/** Milliseconds between one fruitless refresh and the next: 1 s, doubled each time, at most 30 s. */
function retryRefreshMs(failures: number): number {
  return Math.min(1_000 * 2 ** failures, 30_000);
}
