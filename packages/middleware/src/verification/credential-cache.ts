import { hash, randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { createLru } from '../base/lru.ts';
import { createValidity, isValid, makeSure, type Validity } from '../cache/validity.ts';
import type { Trust } from './verification.ts';

/** Number of credentials in a cache. */
export const defaultMaxCredentials = 100_000;
/** Number of refused credentials in a cache; counted separately, so that guesses evict no accepted ones. */
const defaultMaxRefused = 10_000;

export interface CredentialCacheOptions {
  readonly clock: Clock;
  /** Default: `defaultMaxCredentials`. */
  readonly maxEntries?: number;
  /** Default: 10,000. */
  readonly maxRefused?: number;
}

/** Results of verifications in memory, shared by all sections of the cache. */
export interface CredentialCache {
  /** Opens a section. The same credential in two sections is two entries, because each section may decide differently. */
  open<Value extends object, Refused extends object>(): CredentialSection<Value, Refused>;
}

export interface CredentialSection<Value, Refused> {
  /**
   * The key of a credential: a SHA-256 hash of it behind a secret random prefix of the section. Knowledge of keys, or
   * a choice of credentials, reveals nothing and causes no collisions.
   */
  keyOf(credential: string): string;
  /** The value; undefined when it has expired or is no longer trusted. */
  get(key: string): Value | undefined;
  /** @param expiresAtMs `Clock.monotonic()` milliseconds. */
  set(key: string, value: Value, expiresAtMs: number, trust: Trust | undefined): void;
  refusalOf(key: string): Refused | undefined;
  refuse(key: string, refused: Refused, forMs: number): void;
  /** Visits the values that `get` would return, with the `Clock.monotonic()` milliseconds at which each expires. */
  forEach(visit: (value: Value, expiresAtMs: number) => void): void;
  /** Drops the values that match, and returns their number. */
  drop(fits: (value: Value) => boolean): number;
}

interface Entry {
  readonly section: object;
  readonly value: object;
  readonly validity: Validity;
  readonly trust: Trust | undefined;
}

interface RefusedEntry {
  readonly section: object;
  readonly refused: object;
  readonly untilMs: number;
}

export function createCredentialCache(options: CredentialCacheOptions): CredentialCache {
  const { clock, maxEntries = defaultMaxCredentials, maxRefused = defaultMaxRefused } = options;
  const entries = createLru<string, Entry>(maxEntries);
  const refusedEntries = createLru<string, RefusedEntry>(maxRefused);
  return {
    open<Value extends object, Refused extends object>(): CredentialSection<Value, Refused> {
      const section = {};
      const secret = randomBytes(32).toString('base64url');
      return {
        keyOf: (credential) => hash('sha256', secret + credential, 'base64'),
        get(key) {
          const entry = entries.get(key);
          if (entry === undefined) return undefined;
          if (isUsable(entry, clock)) return entry.value as Value;
          entries.delete(key);
          return undefined;
        },
        set(key, value, expiresAtMs, trust) {
          if (expiresAtMs <= clock.monotonic()) return;
          entries.set(key, { section, value, validity: createValidity(expiresAtMs, clock), trust });
        },
        refusalOf(key) {
          const entry = refusedEntries.get(key);
          if (entry === undefined) return undefined;
          if (clock.monotonic() < entry.untilMs) return entry.refused as Refused;
          refusedEntries.delete(key);
          return undefined;
        },
        refuse(key, refused, forMs) {
          refusedEntries.set(key, { section, refused, untilMs: clock.monotonic() + forMs });
        },
        forEach(visit) {
          entries.forEach((entry) => {
            if (entry.section === section && isUsable(entry, clock))
              visit(entry.value as Value, entry.validity.expiresAtMs);
          });
        },
        drop(fits) {
          refusedEntries.deleteWhere((entry) => entry.section === section);
          return entries.deleteWhere((entry) => entry.section === section && fits(entry.value as Value));
        },
      };
    },
  };
}

function isUsable({ validity, trust }: Entry, clock: Clock): boolean {
  if (trust?.isCurrent === false) return false;
  const wall = clock.now();
  if (wall >= validity.sureFromMs && wall < validity.sureUntilMs) return true;
  const now = clock.monotonic();
  if (!isValid(validity, now, wall)) return false;
  makeSure(validity, validity.expiresAtMs, now, wall);
  return true;
}
