import type { TokenOutcome } from '../token/access-token.ts';

/**
 * Counts where the tokens of one source came from. The source adds to plain numbers, because a use of a token must cost nothing;
 * whoever gave it the tally reads them, and may set them back.
 */
export interface TokenTally {
  /** Uses of a token in memory. */
  memory: number;
  /** Tokens that the store had. */
  store: number;
  /** Requests to the authorization server, retries not counted. */
  server: number;
  /** Called for each of these requests when it has ended. @param durationMs including retries. */
  requested(outcome: TokenOutcome, durationMs: number): void;
}

export const createTokenTally = (): TokenTally => ({ memory: 0, store: 0, server: 0, requested() {} });
