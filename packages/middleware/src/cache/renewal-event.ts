import type { ErrorResponse } from '../token/error-response.ts';
import type { TokenFailureReason } from '../token/failure.ts';

/**
 * A background refresh, which starts ahead of a token's expiry and for which no request waits. Never contains a token or a
 * secret. `clientId` comes from a caller or from the configuration.
 */
export type RenewalEvent =
  /** The authorization server issued a new token. */
  | { readonly kind: 'renewed'; readonly clientId: string }
  /** The server returned the same token again. */
  | { readonly kind: 'unchanged'; readonly clientId: string }
  /** No token was issued; the current one is used until it expires. */
  | {
      readonly kind: 'failed';
      readonly clientId: string;
      readonly reason: TokenFailureReason;
      /** In words without server text, such as `the token endpoint responded with 401 invalid_client`. */
      readonly detail: string;
      /** Error code that RFC 6749 section 5.2 registers; undefined for none. */
      readonly oauthError: string | undefined;
      /** Status, error code and description from the authorization server; undefined without a response. */
      readonly response: ErrorResponse | undefined;
      /** True for the first failure of an outage of this credential. */
      readonly isFirst: boolean;
      /** Milliseconds after which a use of the token retries, at its expiry at the latest. */
      readonly nextTryInMs: number;
      /** Milliseconds until the token expires. */
      readonly expiresInMs: number;
    }
  /** The first token of a credential after failed refreshes. */
  | {
      readonly kind: 'recovered';
      readonly clientId: string;
      /** Number of failed refreshes. */
      readonly failures: number;
      /** Milliseconds since the first of them. */
      readonly lastedMs: number;
    };
