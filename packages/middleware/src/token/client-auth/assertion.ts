import type { Secret } from '../../base/secret.ts';

/** How assertions are created. */
export interface AssertionSettings {
  /** PEM or JWK; undefined: the client secret is the key. */
  readonly key: Secret | undefined;
  /** PEM certificate of the key; undefined: the certificate that the PEM text of the key contains, if any. */
  readonly certificate: string | undefined;
  readonly keyID: string | undefined;
  /** Undefined: the default algorithm of the key. */
  readonly algorithm: string | undefined;
  readonly audience: string;
  readonly lifetimeSeconds: number;
  /** Absolute path of a file with an assertion. */
  readonly file: string | undefined;
  /** Paths that the file must be at or below; undefined: no restriction. */
  readonly within?: readonly string[] | undefined;
}

/** Puts a client assertion into a token request (RFC 7523 section 2.2). */
export function setAssertion(body: URLSearchParams, clientId: string, assertion: string): void {
  body.set('client_id', clientId);
  body.set('client_assertion', assertion);
  body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
}
