import type { Clock } from '../base/clock.ts';
import type { Tracing } from '../base/tracing.ts';
import type { MaybePromise } from '../base/maybe-promise.ts';
import type { AccessToken, TokenOutcome } from '../token/access-token.ts';
import type { Credential } from '../token/credential.ts';
import type { TokenEndpoint } from '../token/endpoint.ts';
import { createCacheMemory, type CacheMemory } from './cache-memory.ts';
import { createObtain } from './obtain.ts';
import type { TokenOrigin } from './purges.ts';
import { createRefreshAhead } from './refresh-ahead.ts';
import type { RenewalEvent } from './renewal-event.ts';
import type { SharedTokens } from './shared-tokens.ts';
import { createTokenRequests } from './token-requests.ts';
import type { TokenTally } from './token-tally.ts';
import { createTokenTally } from './token-tally.ts';
import { isValid } from './validity.ts';

/** Limits of the cache. */
export const defaultMaxTokens = 100_000;

export interface TokenCacheOptions {
  readonly clock: Clock;
  /** Maximum number of tokens in memory; default `defaultMaxTokens`. */
  readonly maxEntries?: number;
  /**
   * Maximum number of refused credentials; default 10,000. They are counted separately from the tokens, so that guesses do not
   * evict any.
   */
  readonly maxRefused?: number;
  /** Milliseconds after which a refusal expires; default 5,000. */
  readonly refusedForMs?: number;
}

export interface TokenSourceParts {
  readonly endpoint: TokenEndpoint;
  /** Everything besides the credential that determines the token. */
  readonly profile: readonly string[];
  /** Maximum wait of a caller for a token request, its own or another caller's, in milliseconds; default 60,000. */
  readonly waitMs?: number;
  /** Maximum wait of a caller for another process's lock of the shared token, in milliseconds; default 5,000. */
  readonly lockWaitMs?: number;
  /** Tokens shared with other processes; looked up before a token request. */
  readonly shared?: SharedTokens | undefined;
  /** Counts look-ups of this source, in addition to those of the whole cache. Default: none. */
  readonly tally?: TokenTally | undefined;
  /** Called for each outcome of a background renewal. */
  readonly onRenewal?: ((event: RenewalEvent) => void) | undefined;
  /** Default: nothing is traced. */
  readonly tracing?: Tracing | undefined;
}

/** Tokens of one endpoint and profile. */
export interface CachedTokens {
  /** A value when it is in memory. */
  get(credential: Credential): MaybePromise<TokenOutcome>;
  /**
   * A token to replace one that a resource refused: the token in memory if it is already a different one, otherwise a new
   * one, requested once for all callers. The refused token stays in memory until then.
   */
  renew(credential: Credential, refused: Pick<AccessToken, 'value'>): MaybePromise<TokenOutcome>;
  /**
   * Drops the tokens of this profile, of one client or of all, whichever source obtained them. They are not used again,
   * wherever they are shared; token requests in flight serve only their waiters.
   * @returns number of tokens dropped from memory.
   */
  purge(clientId?: string): number;
  /** Drops from memory the tokens that this source obtained, when the source closes. */
  release(): void;
}

/** Number of look-ups by the source of the token, since the cache was created. */
export interface TierCounts {
  /** Uses of a token in memory. */
  readonly memory: number;
  /** Tokens found in the store. */
  readonly store: number;
  /** Requests to authorization servers, not counting retries. */
  readonly server: number;
}

/** A token in memory, for operators: show only what `token` reveals about itself. */
export interface CachedToken {
  readonly clientId: string;
  /** Profile of the sources that use it; see `TokenCache.profiles`. */
  readonly profile: string;
  readonly token: AccessToken;
  /** `Clock.monotonic()` milliseconds. */
  readonly expiresAtMs: number;
  /** `Clock.monotonic()` milliseconds from which a use refreshes it; Infinity during a refresh. */
  readonly refreshAtMs: number;
  /** Number of refreshes that returned no newer token. */
  readonly failedRefreshes: number;
}

/** Tokens in memory, shared by all sources of the cache. */
export interface TokenCache {
  source(parts: TokenSourceParts): CachedTokens;
  /** Plain numbers to read on demand: a use of a token must cost nothing, so it emits no event. */
  readonly counts: () => TierCounts;
  /** Number of credentials whose token is still valid and could not be refreshed, by the tally of their source. */
  readonly failingRenewals: () => ReadonlyMap<TokenTally, number>;
  /** Visits every token in memory, without marking any as used; takes time proportional to their number. */
  readonly forEach: (show: (token: CachedToken) => void) => void;
  /** Profiles of the open sources, by tally: sources with the same profile use the same tokens. */
  readonly profiles: () => ReadonlyMap<TokenTally, string>;
}

/** Creates a cache of tokens (single flight, refresh ahead, brief memory of refused credentials). */
export function createTokenCache(options: TokenCacheOptions): TokenCache {
  const { clock, maxEntries = defaultMaxTokens, maxRefused = 10_000, refusedForMs = 5_000 } = options;
  const memory = createCacheMemory(clock, { maxEntries, maxRefused, refusedForMs });
  return {
    counts: () => ({ ...memory.counts }),
    failingRenewals: () => memory.outages.failing(),
    forEach(show) {
      memory.entries.forEach(({ clientId, generation, token, validity, refreshAtMs, failedRefreshes }) =>
        show({
          clientId,
          profile: generation.profile,
          token,
          expiresAtMs: validity.expiresAtMs,
          refreshAtMs,
          failedRefreshes,
        }),
      );
    },
    profiles: () => new Map(memory.profiles),
    source: (parts) => createSource(memory, parts),
  };
}

function createSource(memory: CacheMemory, parts: TokenSourceParts): CachedTokens {
  const { clock, counts, entries, flights, purges, drop } = memory;
  const { endpoint, profile, waitMs = 60_000, lockWaitMs = 5_000, shared } = parts;
  const { tally = createTokenTally(), onRenewal: announce = () => {} } = parts;
  const profileKey = memory.keyOf(profile);
  const generation: TokenOrigin = Object.freeze({ profile: profileKey });
  memory.profiles.set(tally, profileKey);
  const partsOf = ({ clientId, clientSecret }: Credential): readonly string[] => [
    ...profile,
    clientId,
    clientSecret.reveal(),
  ];
  const obtain = createObtain({
    endpoint,
    clock,
    shared,
    lockWaitMs,
    counts,
    tally,
    partsOf,
    purgedAtMs: (clientId) => purges.latest(profileKey, clientId),
  });
  const requests = createTokenRequests(memory, { obtain, generation, waitMs, tracing: parts.tracing });
  const ahead = createRefreshAhead(memory, requests, { tally, announce, generation });
  const nameOf = createNames((credential) => memory.keyOf(partsOf(credential)));
  const ask = (
    key: string,
    credential: Credential,
    unwanted?: Pick<AccessToken, 'value'>,
  ): Promise<TokenOutcome> => requests.launch(key, credential, unwanted).outcome;
  return {
    get(credential) {
      const key = nameOf(credential);
      const entry = entries.get(key);
      if (entry !== undefined) {
        const { validity } = entry;
        const wall = clock.now();
        if (
          (wall >= validity.sureFromMs && wall < validity.sureUntilMs) ||
          ahead.look(key, credential, entry)
        ) {
          counts.memory += 1;
          tally.memory += 1;
          return entry.token;
        }
        entries.delete(key);
      }
      return memory.refusalOf(key) ?? requests.wait(ask(key, credential));
    },
    renew(credential, refused) {
      const key = nameOf(credential);
      const entry = entries.get(key);
      const isOther = entry !== undefined && entry.token.value !== refused.value;
      if (isOther && isValid(entry.validity, clock.monotonic(), clock.now())) return entry.token;
      const running = flights.get(key);
      if (running === undefined || running.refused?.value === refused.value)
        return requests.wait(ask(key, credential, refused));
      // A refresh that started before the refusal may return the same token.
      return requests.wait(
        running.outcome.then((outcome) =>
          outcome.kind === 'token' && outcome.value === refused.value
            ? ask(key, credential, refused)
            : outcome,
        ),
      );
    },
    purge(clientId) {
      purges.add(profileKey, clientId, clock.monotonic());
      return drop(
        (of) => of.generation.profile === profileKey && (clientId === undefined || of.clientId === clientId),
      );
    },
    release() {
      memory.profiles.delete(tally);
      drop((of) => of.generation === generation);
    },
  };
}

/** A key costs an HMAC, so it is computed once per credential object; callers cache these objects. */
function createNames(keyOf: (credential: Credential) => string): (credential: Credential) => string {
  const keys = new WeakMap<Credential, string>();
  return (credential) => {
    let key = keys.get(credential);
    if (key === undefined) {
      key = keyOf(credential);
      keys.set(credential, key);
    }
    return key;
  };
}
