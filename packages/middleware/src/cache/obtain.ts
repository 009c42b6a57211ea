import type { Clock } from '../base/clock.ts';
import type { AccessToken, TokenOutcome } from '../token/access-token.ts';
import type { Credential } from '../token/credential.ts';
import type { TokenEndpoint } from '../token/endpoint.ts';
import type { TokenFailure } from '../token/failure.ts';
import { obtainShared } from './fleet.ts';
import type { SharedTokens } from './shared-tokens.ts';
import type { TokenTally } from './token-tally.ts';

/** State of one attempt to obtain a token. */
export interface Progress {
  /** Whether a token request was sent. */
  asked: boolean;
  /** Whether its tokens were purged meanwhile. If so, waiters get the outcome, but it is not cached. */
  purged: boolean;
}

/** Dependencies for obtaining a token. */
export interface ObtainParts {
  readonly endpoint: TokenEndpoint;
  readonly clock: Clock;
  readonly shared: SharedTokens | undefined;
  /** Milliseconds that a caller waits while another process has the lock of the shared token. */
  readonly lockWaitMs: number;
  /** Tally of the whole cache. */
  readonly counts: { store: number; server: number };
  /** Tally of the source. */
  readonly tally: TokenTally;
  /** Everything that determines the token. */
  readonly partsOf: (credential: Credential) => readonly string[];
  /** `Clock.monotonic()` of the latest purge of the client: shared tokens from before it are not used. */
  readonly purgedAtMs: (clientId: string) => number;
}

/**
 * Obtains a token from the store or the authorization server. Failures of either do not reject.
 *
 * @param held the token in memory. @param refused a token that must not be the result.
 */
export type Obtain = (
  credential: Credential,
  held: AccessToken | undefined,
  refused: Pick<AccessToken, 'value'> | undefined,
  progress: Progress,
) => Promise<TokenOutcome>;

/** Outcome of an internal defect, for callers. */
export const brokeDown: TokenFailure = Object.freeze({
  kind: 'failure',
  reason: 'unavailable',
  detail: 'the token request could not be made',
  retryAfterSeconds: undefined,
  oauthError: undefined,
});

export function createObtain(parts: ObtainParts): Obtain {
  const { endpoint, clock, shared, lockWaitMs, counts, tally, partsOf, purgedAtMs } = parts;

  const askServer = async (credential: Credential): Promise<TokenOutcome> => {
    const begun = clock.monotonic();
    const outcome = await endpoint.obtain(credential).catch(() => brokeDown);
    // Requests are suspended, so none is sent.
    if (outcome.kind === 'failure' && outcome.isLocal === true) return outcome;
    counts.server += 1;
    tally.server += 1;
    tally.requested(outcome, clock.monotonic() - begun);
    return outcome;
  };

  return async (credential, held, refused, progress) => {
    const ask = (): Promise<TokenOutcome> => {
      progress.asked = true;
      return askServer(credential);
    };
    if (shared === undefined) return ask();
    const outcome = await obtainShared(shared, clock, {
      key: shared.keyOf(partsOf(credential)),
      held,
      refused,
      notBeforeMs: purgedAtMs(credential.clientId),
      ask,
      isWanted: () => !progress.purged,
      lockWaitMs,
    });
    if (!progress.asked && outcome.kind === 'token' && outcome !== held) {
      counts.store += 1;
      tally.store += 1;
    }
    return outcome;
  };
}
