import type { TokenFailure } from './failure.ts';

/**
 * An access token from the token endpoint (RFC 6749 section 5.1). One object per token: values computed from it are cached in
 * a WeakMap with this object as the key. `value` must never reach a log.
 */
export interface AccessToken {
  readonly kind: 'token';
  /** The header that carries the token: `Bearer`, a space and `value` (RFC 6750 section 2.1). */
  readonly authorization: string;
  readonly value: string;
  /** `Clock.monotonic()` milliseconds when the request for it was sent. */
  readonly obtainedAtMs: number;
  /** `Clock.monotonic()` milliseconds until which it may be used; undefined when no lifetime is known (not cached). */
  readonly expiresAtMs: number | undefined;
  /** `token_type` of the response, empty when it had none; undefined for a token from a store. */
  readonly type: string | undefined;
}

/**
 * Creates a token. Its text is in memory only once: `value` is the end of `authorization`, which is one string from the outset,
 * because the engine would copy a concatenation as soon as it is sent.
 * @param value visible ASCII.
 */
export function createAccessToken(
  value: string,
  obtainedAtMs: number,
  expiresAtMs: number | undefined,
  type?: string,
): AccessToken {
  const authorization = Buffer.from(`Bearer ${value}`, 'latin1').toString('latin1');
  return Object.freeze({
    kind: 'token',
    authorization,
    value: authorization.slice('Bearer '.length),
    obtainedAtMs,
    expiresAtMs,
    type,
  });
}

export type TokenOutcome = AccessToken | TokenFailure;
