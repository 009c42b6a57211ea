import type { Secret } from '../base/secret.ts';

/** A client's ID and secret (RFC 6749 section 2.3.1). */
export interface Credential {
  readonly clientId: string;
  /** Empty for a client that authenticates without one. */
  readonly clientSecret: Secret;
}
