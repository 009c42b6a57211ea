import type { ErrorResponse } from '../token/error-response.ts';
import type { TokenFailureReason } from '../token/failure.ts';

/**
 * A renewal in the background, which starts ahead of a token's expiry and for which no request waits. Never holds a token or a
 * secret. `clientId` is what a caller sent, or the configured one.
 */
export type RenewalEvent =
  /** The authorization server gave a new token. */
  | { readonly kind: 'renewed'; readonly clientId: string }
  /** It gave the same token once more. */
  | { readonly kind: 'unchanged'; readonly clientId: string }
  /** It gave none; the token serves until it expires. */
  | {
      readonly kind: 'failed';
      readonly clientId: string;
      readonly reason: TokenFailureReason;
      /** In words: `the token endpoint responded with 401 invalid_client`. */
      readonly detail: string;
      /** Error code that RFC 6749 section 5.2 registers; undefined for none. */
      readonly oauthError: string | undefined;
      /** Status, error code and description that the authorization server sent; undefined when there was no response. */
      readonly response: ErrorResponse | undefined;
      /** True for the first failure of an outage of this credential. */
      readonly isFirst: boolean;
      /** Milliseconds after which a use of the token tries again; at its end at the latest. */
      readonly nextTryInMs: number;
      /** Milliseconds for which the token still serves. */
      readonly expiresInMs: number;
    }
  /** The first token of a credential after renewals of it had failed. */
  | {
      readonly kind: 'recovered';
      readonly clientId: string;
      /** Renewals that had failed. */
      readonly failures: number;
      /** Milliseconds since the first of them. */
      readonly lastedMs: number;
    };
