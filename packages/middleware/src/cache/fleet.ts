import type { Clock } from '../base/clock.ts';
import type { AccessToken, TokenOutcome } from '../token/access-token.ts';
import type { SharedTokens } from './shared-tokens.ts';

/** One request for a token, as the fleet makes it. */
export interface FleetRequest {
  /** `SharedTokens.keyOf` of the credential. */
  readonly key: string;
  /** The token to be renewed, which serves until then; undefined when there is none. */
  readonly held: AccessToken | undefined;
  /** A token that a resource has refused: no answer, be it held or what the store has. */
  readonly refused: Pick<AccessToken, 'value'> | undefined;
  /** `Clock.monotonic()` milliseconds: a token that was obtained earlier has been purged. */
  readonly notBeforeMs: number;
  /** Asks the authorization server. Never rejects. */
  readonly ask: () => Promise<TokenOutcome>;
  /** Whether the answer may be shared: false once what was under way has been purged. */
  readonly isWanted: () => boolean;
  /** Milliseconds for which another process's lock is waited for; after them this process asks too. */
  readonly lockWaitMs: number;
}

/** Milliseconds between two looks for the token that another process has asked for: 25, doubled each time, 200 at most. */
const firstLookMs = 25;
const lastLookMs = 200;

/**
 * Obtains a token so that one process of the fleet asks for it and the others take what it got. Those who wait look a few
 * times a second, one of each process. A renewal does not wait: while another process renews, the held token is the answer,
 * and the next use looks again. Without the store each process asks for itself, and so does one that has waited for `lockWaitMs`:
 * a store may claim without end that another process has the lock.
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
      // Between the first look and the lock, its last holder may have left a token.
      const [meanwhile, cooling] = await Promise.all([shared.read(key), shared.readCooldown(key)]);
      if (isGain(meanwhile, request)) {
        void lock.release();
        return announce(shared, meanwhile);
      }
      // The server has told one process of the fleet to wait, and means all of them.
      if (cooling !== undefined) {
        void lock.release();
        return cooling;
      }
      const outcome = await ask();
      shared.events.publish({ kind: 'found', tier: 'server' });
      // Nobody waits for the store to take it; the others look until it is there, and the lock goes after it.
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

/** A failure that was left for others does not concern a request that begins only now. */
function isGain(
  found: TokenOutcome | undefined,
  { held, refused, notBeforeMs }: Pick<FleetRequest, 'held' | 'refused' | 'notBeforeMs'>,
): found is AccessToken {
  if (found?.kind !== 'token' || found.obtainedAtMs < notBeforeMs) return false;
  // Any other will do, even one that ends sooner.
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
  // What this process found out by itself may be its own trouble: a network that is down for it alone.
  if (outcome.response !== undefined && outcome.isLocal !== true) await shared.writeCooldown(key, outcome);
  // While a token is held, its failed renewal is nobody else's concern.
  if (held === undefined) await shared.writeFailure(key, outcome);
}
