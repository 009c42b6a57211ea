import type { TokenOutcome } from '../token/access-token.ts';

/**
 * Counts the origins of the tokens of one source. The source increments plain numbers, because a use of a token must cost
 * nothing; the owner of the tally reads and may reset them.
 */
export interface TokenTally {
  /** Uses of a token in memory. */
  memory: number;
  /** Tokens found in the store. */
  store: number;
  /** Requests to the authorization server, not counting retries. */
  server: number;
  /** Called when such a request has ended. @param durationMs including retries. */
  requested(outcome: TokenOutcome, durationMs: number): void;
}

export const createTokenTally = (): TokenTally => ({ memory: 0, store: 0, server: 0, requested() {} });
