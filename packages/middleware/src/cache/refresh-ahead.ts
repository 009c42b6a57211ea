import type { TokenOutcome } from '../token/access-token.ts';
import type { Credential } from '../token/credential.ts';
import { postpone, type CacheMemory, type CacheEntry } from './cache-memory.ts';
import type { RenewalEvent } from './renewal-event.ts';
import type { RenewalSource } from './renewal-outages.ts';
import type { TokenRequests } from './token-requests.ts';
import { isValid, makeSure } from './validity.ts';

/** Refreshes tokens in the background while they are still valid. */
export interface RefreshAhead {
  /** Checks both clocks, and refreshes a token that is due; false when the token has expired. */
  look(key: string, credential: Credential, entry: CacheEntry): boolean;
}

/** @param source receives and counts renewals. */
export function createRefreshAhead(
  { clock, entries, outages }: CacheMemory,
  requests: TokenRequests,
  source: RenewalSource,
): RefreshAhead {
  const announce = (
    key: string,
    { clientId }: Credential,
    entry: CacheEntry,
    outcome: TokenOutcome,
  ): void => {
    const { token, validity, refreshAtMs: nextTryAtMs } = entry;
    if (outcome.kind === 'failure') {
      const { expiresAtMs } = validity;
      outages.failed(key, { clientId, expiresAtMs, nextTryAtMs, source }, outcome);
      return;
    }
    const kind: RenewalEvent['kind'] = outcome.value === token.value ? 'unchanged' : 'renewed';
    source.announce({ kind, clientId });
  };
  const refresh = (key: string, credential: Credential, entry: CacheEntry): void => {
    entry.refreshAtMs = Infinity;
    const flight = requests.launch(key, credential);
    void flight.outcome.then((outcome) => {
      const retryAfterSeconds = outcome.kind === 'failure' ? outcome.retryAfterSeconds : undefined;
      if (entries.get(key) === entry && entry.refreshAtMs === Infinity)
        postpone(entry, clock.monotonic(), retryAfterSeconds);
      if (flight.progress.asked && !flight.progress.purged) announce(key, credential, entry, outcome);
    });
  };
  return {
    look(key, credential, entry) {
      const now = clock.monotonic();
      const wall = clock.now();
      if (!isValid(entry.validity, now, wall)) return false;
      if (now >= entry.refreshAtMs) refresh(key, credential, entry);
      makeSure(entry.validity, entry.refreshAtMs, now, wall);
      return true;
    },
  };
}
