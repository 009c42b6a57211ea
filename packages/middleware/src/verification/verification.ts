import type { MaybePromise } from '../base/maybe-promise.ts';
import type { Claims } from '../claims/claims.ts';
import type { Deny } from '../decision/decision.ts';

/** Trust in the key or other means that verified a credential; shared by all credentials that it verified. */
export interface Trust {
  readonly isCurrent: boolean;
}

/** A token that replaces the caller's credential. */
export interface SubstituteToken {
  /** Never log it. */
  readonly value: string;
  /** `Bearer`, a space and `value`. */
  readonly authorization: string;
}

/** The caller that a credential represents. @typeParam Request the part of a request that confirmations read. */
export interface CallerIdentity<Request> {
  readonly kind: 'identity';
  /** Identifier of the subject: client ID, name of a key, ... */
  readonly clientId: string;
  /** Undefined: the credential has none. */
  readonly claims: Claims | undefined;
  /** `Clock.monotonic()` milliseconds until which the identity may be cached; `Infinity`: until a purge; undefined: not cached. */
  readonly expiresAtMs: number | undefined;
  /** Token that the server gets instead of the credential; undefined: as configured for the kind. */
  readonly exchanged?: SubstituteToken | undefined;
  /** Undefined: trusted until it expires. */
  readonly trust?: Trust | undefined;
  /**
   * Checks each request with the credential, cached or not, such as a proof of possession. Returns a refusal, or undefined when
   * the request may pass. Default: no check.
   */
  readonly confirm?: ((request: Request) => MaybePromise<Deny | undefined>) | undefined;
}

/** A credential that was refused or could not be verified. */
export interface CredentialRefusal {
  readonly kind: 'refusal';
  readonly deny: Deny;
  /** Milliseconds for which the same credential is refused without another verification; default 0. */
  readonly rememberMs?: number | undefined;
}

export type Verification<Request> = CallerIdentity<Request> | CredentialRefusal;

/**
 * Verifies a credential that is not cached; failures of a caller or a server do not reject.
 *
 * @param scheme as in `CredentialReading`. @param request the first of several simultaneous requests with the credential.
 */
export type Verify<Request> = (
  credential: string,
  scheme: string | undefined,
  request: Request,
) => MaybePromise<Verification<Request>>;
