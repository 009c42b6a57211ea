import type { Clock } from '../base/clock.ts';
import { createLru } from '../base/lru.ts';
import type { TokenFailure } from '../token/failure.ts';
import type { RenewalEvent } from './renewal-event.ts';
import type { TokenOrigin } from './purges.ts';
import type { TokenTally } from './token-tally.ts';

/** A failed background refresh of a token that is still valid. */
export interface FailedRenewal {
  readonly clientId: string;
  /** Expiry of the token in `Clock.monotonic()` milliseconds. */
  readonly expiresAtMs: number;
  /** `Clock.monotonic()` milliseconds from which a use retries. */
  readonly nextTryAtMs: number;
  /** Source of the token. */
  readonly source: RenewalSource;
}

export interface RenewalSource {
  readonly tally: TokenTally;
  readonly announce: (event: RenewalEvent) => void;
  readonly generation: TokenOrigin;
}

/** Credentials whose refreshes fail: an outage is announced at its start and end, however many refreshes fail in it. */
export interface RenewalOutages {
  failed(key: string, renewal: FailedRenewal, failure: TokenFailure): void;
  /** Called for every token that was obtained, in the background or not. */
  succeeded(key: string): void;
  /** Forgets outages whose tokens have been purged. */
  forget(isPurged: (renewal: FailedRenewal) => boolean): void;
  /** Number of credentials whose token is still valid and could not be refreshed, by tally. */
  failing(): ReadonlyMap<TokenTally, number>;
}

interface RenewalOutage extends FailedRenewal {
  readonly beganAtMs: number;
  readonly failures: number;
}

/** @param maxOutages number of outages to remember, the latest ones; a forgotten outage is announced again. */
export function createRenewalOutages(clock: Clock, maxOutages: number): RenewalOutages {
  const outages = createLru<string, RenewalOutage>(maxOutages);
  return {
    failed(key, renewal, { reason, detail, oauthError, response }) {
      const now = clock.monotonic();
      const before = outages.get(key);
      outages.set(key, {
        ...renewal,
        beganAtMs: before?.beganAtMs ?? now,
        failures: (before?.failures ?? 0) + 1,
      });
      renewal.source.announce(
        Object.freeze({
          kind: 'failed',
          clientId: renewal.clientId,
          reason,
          detail,
          oauthError,
          response,
          isFirst: before === undefined,
          nextTryInMs: Math.max(0, Math.min(renewal.nextTryAtMs, renewal.expiresAtMs) - now),
          expiresInMs: Math.max(0, renewal.expiresAtMs - now),
        }),
      );
    },
    succeeded(key) {
      const outage = outages.get(key);
      if (outage === undefined) return;
      outages.delete(key);
      const { clientId, failures, beganAtMs, source } = outage;
      const lastedMs = clock.monotonic() - beganAtMs;
      source.announce(Object.freeze({ kind: 'recovered', clientId, failures, lastedMs }));
    },
    forget(isPurged) {
      outages.deleteWhere(isPurged);
    },
    failing() {
      const now = clock.monotonic();
      const counts = new Map<TokenTally, number>();
      outages.forEach(({ source: { tally }, expiresAtMs }) => {
        if (now < expiresAtMs) counts.set(tally, (counts.get(tally) ?? 0) + 1);
      });
      return counts;
    },
  };
}
