import type { MaybePromise } from '../base/maybe-promise.ts';
import type { Secret } from '../base/secret.ts';

/** A token for the decision; the same object while the token is cached. */
export interface DecisionToken {
  readonly kind: 'token';
  /** `Bearer`, a space and `value`. */
  readonly authorization: string;
  readonly value: string;
  /** `Clock.monotonic()` milliseconds; undefined when no lifetime is known. */
  readonly expiresAtMs?: number | undefined;
}

/** The decision's port to the token cache: a value when it is in memory, a promise when a token request is needed. */
export interface DecisionTokenSource {
  get(credential: {
    readonly clientId: string;
    readonly clientSecret: Secret;
  }): MaybePromise<DecisionToken | DecisionTokenFailure>;
}

export interface DecisionTokenFailure {
  readonly kind: 'failure';
  readonly reason:
    'credentials_refused' | 'request_rejected' | 'response_invalid' | 'unavailable' | 'timeout';
  readonly detail: string;
  readonly retryAfterSeconds: number | undefined;
  /** Message of the authorization server, shortened and without control characters; for operators only. */
  readonly response?:
    { readonly problem?: string | undefined; readonly errorDescription: string | undefined } | undefined;
}
