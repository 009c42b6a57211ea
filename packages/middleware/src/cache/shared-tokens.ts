import { hkdfSync } from 'node:crypto';
import type { Channel } from '../base/channel.ts';
import type { Clock } from '../base/clock.ts';
import type { AccessToken, TokenOutcome } from '../token/access-token.ts';
import { createAccessToken } from '../token/access-token.ts';
import { createTokenFailure, type TokenFailure } from '../token/failure.ts';
import type { BestEffortStore } from './best-effort-store.ts';
import { createKeyer } from './key.ts';
import { acquireLock, type Lock } from './lock.ts';
import { createSeal } from './sealed.ts';
import type { StoreEvent } from './store-event.ts';

/** Tokens that processes share through a store. No operation rejects: a failing store counts as empty. */
export interface SharedTokens {
  /** Name of a token in the store; does not reveal any of the parts. */
  keyOf(parts: readonly string[]): string;
  /** Result from another process: a token, or the reason why it got none. */
  read(key: string): Promise<TokenOutcome | undefined>;
  /** Writes a token for the other processes; the entry expires with it. */
  write(key: string, token: AccessToken): Promise<void>;
  /** Tells waiting processes why there is no token; never overwrites a token. */
  writeFailure(key: string, failure: TokenFailure): Promise<void>;
  /** Prevents token requests of other processes until the time that the authorization server named. */
  writeCooldown(key: string, failure: TokenFailure): Promise<void>;
  /** The failure to respond with, with the seconds that remain; undefined when a token may be requested. */
  readCooldown(key: string): Promise<TokenFailure | undefined>;
  /** The lock for a token request: `busy` while another process has it, `unavailable` when the store does not respond. */
  lock(key: string): Promise<Lock | 'busy' | 'unavailable'>;
  readonly events: Channel<StoreEvent>;
}

export interface SharedTokensOptions {
  readonly clock: Clock;
  readonly store: BestEffortStore;
  readonly events: Channel<StoreEvent>;
  /** 16, 24 or 32 bytes. */
  readonly secret: Uint8Array;
  readonly keyPrefix: string;
}

/** Milliseconds for which waiting processes can read a failure. */
const failureMs = 1_000;

/**
 * `expiresAtMs` is milliseconds since the epoch, by the clock of the process that wrote the entry. It is encrypted, because
 * anyone who can write to the store could give an entry any time to live, or restore an old one.
 */
type StoreEntry = { readonly expiresAtMs: number } & (
  { readonly token: string; readonly lifetimeMs: number } | { readonly failure: Omit<TokenFailure, 'kind'> }
);

const cooldownOf = (key: string): string => `${key}:cooldown`;

/** @throws RangeError when the length of the secret is not one of AES. */
export function createSharedTokens(options: SharedTokensOptions): SharedTokens {
  const { clock, store, events, secret, keyPrefix } = options;
  const seal = createSeal(secret);
  // A separate key for names: the encryption key has one purpose only (NIST SP 800-57 section 5.2).
  const nameKey = new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), 'grantgate token names', 32));
  const keyer = createKeyer(nameKey);

  const open = async (
    key: string,
  ): Promise<{ readonly entry: StoreEntry; readonly leftMs: number } | undefined> => {
    const got = await store.attempt('get', (redis) => redis.get(key));
    if (!got.ok || got.value === undefined) return undefined;
    const text = seal.open(key, got.value.value);
    if (text === undefined) {
      events.publish({ kind: 'unsealed' });
      return undefined;
    }
    const entry = JSON.parse(text) as StoreEntry;
    // The store's clock determines the remaining time, so that processes with different clocks agree on the expiry; the
    // encrypted expiry limits what a store can claim. A process whose clock is ahead uses a shared token for that much less
    // time.
    const leftMs = Math.min(got.value.ttlMs, entry.expiresAtMs - clock.now());
    return leftMs > 0 ? { entry, leftMs } : undefined;
  };
  const sealFailure = (
    key: string,
    { reason, detail, retryAfterSeconds, oauthError }: TokenFailure,
    ttlMs: number,
  ): Uint8Array => {
    const entry: StoreEntry = {
      expiresAtMs: clock.now() + ttlMs,
      failure: { reason, detail, retryAfterSeconds, oauthError },
    };
    return seal.seal(key, JSON.stringify(entry));
  };

  return {
    events,
    keyOf: (parts) => `${keyPrefix}${keyer(parts)}`,
    async read(key) {
      const found = await open(key);
      if (found === undefined) return undefined;
      const { entry, leftMs } = found;
      if ('failure' in entry) return Object.freeze({ kind: 'failure', ...entry.failure });
      const now = clock.monotonic();
      return createAccessToken(entry.token, now + leftMs - entry.lifetimeMs, now + leftMs);
    },
    async write(key, { value, obtainedAtMs, expiresAtMs }) {
      if (expiresAtMs === undefined) return;
      const ttlMs = Math.floor(expiresAtMs - clock.monotonic());
      if (ttlMs < 1) return;
      const entry: StoreEntry = {
        token: value,
        lifetimeMs: expiresAtMs - obtainedAtMs,
        expiresAtMs: clock.now() + ttlMs,
      };
      const sealed = seal.seal(key, JSON.stringify(entry));
      await store.attempt('set', (redis) => redis.set(key, sealed, ttlMs));
    },
    async writeFailure(key, failure) {
      const sealed = sealFailure(key, failure, failureMs);
      await store.attempt('set', (redis) => redis.setIfAbsent(key, sealed, failureMs));
    },
    async writeCooldown(key, failure) {
      const { retryAfterSeconds = 0 } = failure;
      if (retryAfterSeconds <= 0) return;
      const name = cooldownOf(key);
      const sealed = sealFailure(name, failure, retryAfterSeconds * 1000);
      await store.attempt('set', (redis) => redis.set(name, sealed, retryAfterSeconds * 1000));
    },
    async readCooldown(key) {
      const found = await open(cooldownOf(key));
      if (found === undefined || !('failure' in found.entry)) return undefined;
      const { reason, detail } = found.entry.failure;
      const retryAfterSeconds = Math.ceil(found.leftMs / 1000);
      return createTokenFailure(reason, detail, { retryAfterSeconds, isLocal: true });
    },
    lock: (key) => acquireLock(`${key}:lock`, store, clock),
  };
}
