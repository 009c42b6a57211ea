import type { TokenFailure } from './failure.ts';

/**
 * An access token as the token endpoint gave it (RFC 6749 section 5.1). One object per token: what is computed from
 * a token is kept in a WeakMap keyed by this object. `value` must never reach a log.
 */
export interface AccessToken {
  readonly kind: 'token';
  readonly value: string;
  /** The payload of the JWT as JSON text, digits untouched; undefined when the token is opaque. */
  readonly payload: string | undefined;
  /** `Clock.monotonic()` milliseconds when the request for it was sent. */
  readonly obtainedAtMs: number;
  /** `Clock.monotonic()` milliseconds after which it must not be used; undefined when no lifetime is known (not to be cached). */
  readonly expiresAtMs: number | undefined;
}

export type TokenOutcome = AccessToken | TokenFailure;
