import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { createLru } from '../base/lru.ts';
import type { MaybePromise } from '../base/maybe-promise.ts';
import type { AccessToken, TokenOutcome } from '../token/access-token.ts';
import type { Credential } from '../token/credential.ts';
import type { TokenEndpoint } from '../token/endpoint.ts';
import type { TokenFailure, TokenFailureReason } from '../token/failure.ts';
import { createKeyer } from './key.ts';
import type { Progress } from './obtain.ts';
import { brokeDown, createObtain } from './obtain.ts';
import type { Generation } from './purges.ts';
import { createPurges } from './purges.ts';
import type { SharedTokens } from './shared-tokens.ts';
import { refreshAfterMs, retryRefreshMs } from './refresh.ts';
import type { RenewalEvent } from './renewal-event.ts';
import type { RenewalSource } from './renewal-outages.ts';
import { createRenewalOutages } from './renewal-outages.ts';
import type { TokenTally } from './token-tally.ts';
import { createTokenTally } from './token-tally.ts';
import type { Validity } from './validity.ts';
import { createValidity, isValid, makeSure, makeUnsure } from './validity.ts';

export interface TokenCacheOptions {
  readonly clock: Clock;
  /** Tokens kept in memory; default 100,000. */
  readonly maxEntries?: number;
  /** Refused credentials remembered; default 10,000, apart from the tokens, so that guesses push none out. */
  readonly maxRefused?: number;
  /** Milliseconds for which a refusal is remembered; default 5,000. */
  readonly refusedForMs?: number;
}

export interface TokenSourceParts {
  readonly endpoint: TokenEndpoint;
  /** Everything that changes which token comes back, beside the credential. */
  readonly profile: readonly string[];
  /** Milliseconds that a caller waits for a request that another one started, or its own; default 60,000. */
  readonly waitMs?: number;
  /** Milliseconds that a caller waits while another process has the lock of the shared token; default 5,000. */
  readonly lockWaitMs?: number;
  /** Tokens that are shared beyond this process; looked at before the endpoint is asked. */
  readonly shared?: SharedTokens | undefined;
  /** What counts this source beside the whole cache. Default: nothing. */
  readonly tally?: TokenTally | undefined;
  /** Told of what becomes of renewals in the background. */
  readonly onRenewal?: ((event: RenewalEvent) => void) | undefined;
}

/** Tokens of one endpoint and profile. */
export interface CachedTokens {
  /** A value when it is in memory. */
  get(credential: Credential): MaybePromise<TokenOutcome>;
  /**
   * A token in the place of one that a resource has refused: the one in memory when it is another already, otherwise a new
   * one, asked for once however many want it. The refused one stays in memory until then.
   */
  renew(credential: Credential, refused: Pick<AccessToken, 'value'>): MaybePromise<TokenOutcome>;
  /**
   * Drops the tokens of this profile, of one client or of all, whichever source obtained them: they are not used again, wherever
   * they are shared, and what is under way serves only those who wait for it.
   *
   * @returns tokens dropped from memory.
   */
  purge(clientId?: string): number;
  /** Drops the tokens that this source obtained from memory, because it ends. */
  release(): void;
}

/** How often each tier was what answered, since the cache was created. */
export interface TierCounts {
  /** Uses of a token in memory. */
  readonly memory: number;
  /** Tokens that the store had. */
  readonly store: number;
  /** Requests to authorization servers, retries not counted. */
  readonly server: number;
}

/** Tokens in memory, shared by all sources that are opened on it. */
export interface TokenCache {
  source(parts: TokenSourceParts): CachedTokens;
  /** Plain numbers, to be read when they are wanted: a use of a token announces nothing, for it must cost nothing. */
  readonly counts: () => TierCounts;
  /** Credentials whose token still serves and could not be renewed, by the tally of their source. */
  readonly failingRenewals: () => ReadonlyMap<TokenTally, number>;
}

interface Origin {
  readonly clientId: string;
  readonly generation: Generation;
}

interface Entry extends Origin {
  readonly token: AccessToken;
  readonly validity: Validity;
  /** `Clock.monotonic()` from which a use starts a renewal in the background. */
  refreshAtMs: number;
  failedRefreshes: number;
}

interface Flight extends Origin {
  readonly outcome: Promise<TokenOutcome>;
  /** The token that is not to come out of it. */
  readonly refused: Pick<AccessToken, 'value'> | undefined;
  readonly progress: Progress;
}

interface Refusal {
  readonly failure: TokenFailure;
  readonly untilMs: number;
}

const waitedTooLong: TokenFailure = Object.freeze({
  kind: 'failure',
  reason: 'timeout',
  detail: 'the token request took longer than a caller waits',
  retryAfterSeconds: undefined,
  oauthError: undefined,
});

/** Purges that are remembered apart; see `Purges`. */
const maxPurges = 10_000;
/** Failures that another token request would only repeat: they are remembered briefly. */
const lastingFailures: ReadonlySet<TokenFailureReason> = new Set([
  'credentials_refused',
  'request_rejected',
  'response_invalid',
]);

/** Outages of renewals that are remembered, the latest kept. */
const maxOutages = 10_000;

/** Creates a cache of tokens (single flight, refresh ahead, brief memory of refused credentials). */
export function createTokenCache(options: TokenCacheOptions): TokenCache {
  const { clock, maxEntries = 100_000, maxRefused = 10_000, refusedForMs = 5_000 } = options;
  const entries = createLru<string, Entry>(maxEntries);
  const refused = createLru<string, Refusal>(maxRefused);
  const flights = new Map<string, Flight>();
  const outages = createRenewalOutages(clock, maxOutages);
  const keyOf = createKeyer(randomBytes(32));
  const counts = { memory: 0, store: 0, server: 0 };
  const purges = createPurges(maxPurges);

  /** Drops tokens and outages, and lets what is under way serve only those who wait for it. */
  const drop = (concerns: (of: Origin) => boolean): number => {
    outages.forget(({ source: { generation }, clientId }) => concerns({ generation, clientId }));
    for (const [key, flight] of flights) {
      if (!concerns(flight)) continue;
      flight.progress.purged = true;
      flights.delete(key);
    }
    return entries.deleteWhere(concerns);
  };

  return {
    counts: () => ({ ...counts }),
    failingRenewals: () => outages.failing(),
    source(parts) {
      const { endpoint, profile, waitMs = 60_000, lockWaitMs = 5_000, shared } = parts;
      const { tally = createTokenTally(), onRenewal: announce = () => {} } = parts;
      // The key costs an HMAC: it is computed once per credential object, which callers keep.
      const keys = new WeakMap<Credential, string>();
      const profileKey = keyOf(profile);
      const generation: Generation = Object.freeze({ profile: profileKey });

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

      const launch = (key: string, credential: Credential, unwanted?: Pick<AccessToken, 'value'>): Flight => {
        const running = flights.get(key);
        if (running !== undefined) return running;
        const { clientId } = credential;
        const held = entries.get(key)?.token;
        const progress: Progress = { asked: false, purged: false };
        const outcome = obtain(credential, held, unwanted, progress)
          .catch(() => brokeDown)
          .then((result) => {
            if (flights.get(key) === flight) flights.delete(key);
            if (progress.purged) return result;
            keep(key, clientId, result, unwanted);
            // While another process renews, the token in memory is the result, and says nothing of the server.
            if (result.kind === 'token' && (progress.asked || result !== held)) outages.succeeded(key);
            return result;
          });
        const flight: Flight = { outcome, clientId, generation, refused: unwanted, progress };
        flights.set(key, flight);
        return flight;
      };

      const ask = (
        key: string,
        credential: Credential,
        unwanted?: Pick<AccessToken, 'value'>,
      ): Promise<TokenOutcome> => launch(key, credential, unwanted).outcome;

      const keep = (
        key: string,
        clientId: string,
        outcome: TokenOutcome,
        unwanted: Pick<AccessToken, 'value'> | undefined,
      ): void => {
        const now = clock.monotonic();
        if (outcome.kind === 'failure') {
          if (lastingFailures.has(outcome.reason))
            refused.set(key, { failure: outcome, untilMs: now + refusedForMs });
          return;
        }
        const { expiresAtMs } = outcome;
        if (expiresAtMs === undefined || expiresAtMs <= now) return;
        const held = entries.get(key);
        const isNewer = (entry: Entry): boolean =>
          isValid(entry.validity, now, clock.now()) && entry.token.obtainedAtMs > outcome.obtainedAtMs;
        // A newer one stays, unless it is the one that was refused.
        if (held !== undefined && held.token.value !== unwanted?.value && isNewer(held)) return;
        // The same token again is no gain: the object stays, and the next try waits longer.
        if (held?.token.value === outcome.value) {
          postpone(held, now);
          return;
        }
        entries.set(key, {
          token: outcome,
          validity: createValidity(expiresAtMs, clock),
          clientId,
          generation,
          refreshAtMs: refreshAfterMs(outcome.obtainedAtMs, expiresAtMs),
          failedRefreshes: 0,
        });
      };

      const postpone = (entry: Entry, now: number, retryAfterSeconds = 0): void => {
        entry.refreshAtMs = now + Math.max(retryRefreshMs(entry.failedRefreshes), retryAfterSeconds * 1000);
        makeUnsure(entry.validity);
        entry.failedRefreshes += 1;
      };

      const refresh = (key: string, credential: Credential, entry: Entry): void => {
        entry.refreshAtMs = Infinity;
        const flight = launch(key, credential);
        void flight.outcome.then((outcome) => {
          if (entries.get(key) === entry && entry.refreshAtMs === Infinity)
            postpone(
              entry,
              clock.monotonic(),
              outcome.kind === 'failure' ? outcome.retryAfterSeconds : undefined,
            );
          if (flight.progress.asked && !flight.progress.purged)
            announceRenewal(key, credential, entry, outcome);
        });
      };

      /** Looks at both clocks, and renews what is due; false when the token has expired. */
      const look = (key: string, credential: Credential, entry: Entry): boolean => {
        const now = clock.monotonic();
        const wall = clock.now();
        if (!isValid(entry.validity, now, wall)) return false;
        if (now >= entry.refreshAtMs) refresh(key, credential, entry);
        makeSure(entry.validity, entry.refreshAtMs, now, wall);
        return true;
      };

      const announceRenewal = (
        key: string,
        { clientId }: Credential,
        { token, validity: { expiresAtMs }, refreshAtMs: nextTryAtMs }: Entry,
        outcome: TokenOutcome,
      ): void => {
        if (outcome.kind === 'token')
          announce({ kind: outcome.value === token.value ? 'unchanged' : 'renewed', clientId });
        else {
          const source: RenewalSource = { tally, announce, generation };
          outages.failed(key, { clientId, expiresAtMs, nextTryAtMs, source }, outcome);
        }
      };

      const wait = (flight: Promise<TokenOutcome>): Promise<TokenOutcome> =>
        new Promise((resolve) => {
          const timer = clock.after(waitMs, () => resolve(waitedTooLong));
          void flight.then((outcome) => {
            timer.cancel();
            resolve(outcome);
          });
        });

      const nameOf = (credential: Credential): string => {
        let key = keys.get(credential);
        if (key === undefined) {
          key = keyOf(partsOf(credential));
          keys.set(credential, key);
        }
        return key;
      };

      return {
        get(credential) {
          const key = nameOf(credential);
          const entry = entries.get(key);
          if (entry !== undefined) {
            const { validity } = entry;
            const wall = clock.now();
            if (
              (wall >= validity.sureFromMs && wall < validity.sureUntilMs) ||
              look(key, credential, entry)
            ) {
              counts.memory += 1;
              tally.memory += 1;
              return entry.token;
            }
            entries.delete(key);
          }
          const refusal = refused.get(key);
          if (refusal !== undefined) {
            if (clock.monotonic() < refusal.untilMs) return refusal.failure;
            refused.delete(key);
          }
          return wait(ask(key, credential));
        },
        renew(credential, refused) {
          const key = nameOf(credential);
          const entry = entries.get(key);
          if (
            entry !== undefined &&
            entry.token.value !== refused.value &&
            isValid(entry.validity, clock.monotonic(), clock.now())
          )
            return entry.token;
          const running = flights.get(key);
          if (running === undefined || running.refused?.value === refused.value)
            return wait(ask(key, credential, refused));
          // A renewal that does not know of the refusal may come back with the same token.
          return wait(
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
            (of) =>
              of.generation.profile === profileKey && (clientId === undefined || of.clientId === clientId),
          );
        },
        release() {
          drop((of) => of.generation === generation);
        },
      };
    },
  };
}
