import type { Clock } from '../base/clock.ts';
import type { AccessToken, TokenOutcome } from '../token/access-token.ts';
import type { SharedTokens } from './shared-tokens.ts';

/** One request for a token on behalf of the fleet. */
export interface FleetRequest {
  /** `SharedTokens.keyOf` of the credential. */
  readonly key: string;
  /** The token to refresh, still valid; undefined when there is none. */
  readonly held: AccessToken | undefined;
  /** A token that a resource has refused. Neither the cache nor the store may return it. */
  readonly refused: Pick<AccessToken, 'value'> | undefined;
  /** `Clock.monotonic()` milliseconds: tokens that were obtained earlier have been purged. */
  readonly notBeforeMs: number;
  /** Sends the token request. Never rejects. */
  readonly ask: () => Promise<TokenOutcome>;
  /** Whether the outcome may be shared: false once its tokens have been purged. */
  readonly isWanted: () => boolean;
  /** Milliseconds to wait for another process's lock; then this process requests the token too. */
  readonly lockWaitMs: number;
}

/** Milliseconds between two look-ups of the token that another process has requested: 25, doubled each time, at most 200. */
const firstLookMs = 25;
const lastLookMs = 200;

/**
 * Obtains a token so that one process of the fleet requests it and the others use the result. Waiting processes look it up a
 * few times per second, once per process. A refresh does not wait: while another process refreshes, the cached token is the
 * result, and the next use looks again. Without the store each process requests its own token, and so does one that has waited
 * for `lockWaitMs`, because a store may claim indefinitely that another process has the lock.
 */
export async function obtainShared(
  shared: SharedTokens,
  clock: Clock,
  request: FleetRequest,
): Promise<TokenOutcome> {
  const { key, held, refused, ask, isWanted, lockWaitMs } = request;
  const found = await shared.read(key);
  if (isGain(found, request)) return announce(shared, found);
  const begun = clock.monotonic();
  let waited = false;
  for (let lookMs = firstLookMs; ; lookMs = Math.min(lastLookMs, lookMs * 2)) {
    const lock = await shared.lock(key);
    if (lock !== 'busy') {
      if (waited) shared.events.publish({ kind: 'lock_wait', waitedMs: clock.monotonic() - begun });
      if (lock === 'unavailable') return askServer(shared, request);
      // Between the first look-up and the lock, its last owner may have written a token.
      const [meanwhile, cooling] = await Promise.all([shared.read(key), shared.readCooldown(key)]);
      if (isGain(meanwhile, request)) {
        void lock.release();
        return announce(shared, meanwhile);
      }
      // The server has told one process of the fleet to wait; that applies to all of them.
      if (cooling !== undefined) {
        void lock.release();
        return cooling;
      }
      const outcome = await ask();
      shared.events.publish({ kind: 'found', tier: 'server' });
      // No request waits for this write. Other processes wait until the token is in the store; the lock is released after it.
      void leave(shared, key, outcome, held, isWanted).then(() => lock.release());
      return outcome;
    }
    if (held !== undefined && refused === undefined) return held;
    const leftMs = begun + lockWaitMs - clock.monotonic();
    if (leftMs <= 0) {
      shared.events.publish({ kind: 'lock_wait', waitedMs: clock.monotonic() - begun });
      return askServer(shared, request);
    }
    waited = true;
    await new Promise<void>((resolve) => void clock.after(Math.min(lookMs, leftMs), resolve));
    const left = await shared.read(key);
    if (left?.kind === 'failure' || isGain(left, request)) {
      shared.events.publish({ kind: 'lock_wait', waitedMs: clock.monotonic() - begun });
      return announce(shared, left);
    }
  }
}

/** A failure that was written for others does not apply to a request that starts only now. */
function isGain(
  found: TokenOutcome | undefined,
  { held, refused, notBeforeMs }: Pick<FleetRequest, 'held' | 'refused' | 'notBeforeMs'>,
): found is AccessToken {
  if (found?.kind !== 'token' || found.obtainedAtMs < notBeforeMs) return false;
  // Any other token is acceptable, even one that expires sooner.
  if (refused !== undefined) return found.value !== refused.value;
  return (
    held === undefined || (found.value !== held.value && (found.expiresAtMs ?? 0) > (held.expiresAtMs ?? 0))
  );
}

function announce(shared: SharedTokens, outcome: TokenOutcome): TokenOutcome {
  shared.events.publish({ kind: 'found', tier: 'store' });
  return outcome;
}

async function askServer(
  shared: SharedTokens,
  { key, held, ask, isWanted }: FleetRequest,
): Promise<TokenOutcome> {
  const outcome = await ask();
  shared.events.publish({ kind: 'found', tier: 'server' });
  void leave(shared, key, outcome, held, isWanted);
  return outcome;
}

async function leave(
  shared: SharedTokens,
  key: string,
  outcome: TokenOutcome,
  held: AccessToken | undefined,
  isWanted: () => boolean,
): Promise<void> {
  if (!isWanted()) return;
  if (outcome.kind === 'token') {
    await shared.write(key, outcome);
    return;
  }
  // A failure that this process detected itself may be local, such as a network outage of this machine.
  if (outcome.response !== undefined && outcome.isLocal !== true) await shared.writeCooldown(key, outcome);
  // While a token is cached, its failed refresh does not affect other processes.
  if (held === undefined) await shared.writeFailure(key, outcome);
}
