/** Part of a request that carries a credential. */
export type CredentialPlace = 'header' | 'query' | 'cookie';

/** A credential of a request, or the reason why there is none. `detail` is for callers and never contains the credential. */
export type CredentialReading =
  | {
      readonly kind: 'found';
      /** Never log it. */
      readonly value: string;
      readonly place: CredentialPlace;
      /** Spelled as in the options; undefined for a credential without a scheme. */
      readonly scheme: string | undefined;
    }
  | { readonly kind: 'absent' | 'malformed'; readonly detail: string };

/** The part of a request that credentials are read from; a `StepRequest` of the gateway is one. */
export interface CredentialRequest {
  /** Value of `Authorization`; undefined when absent. Several are joined with `, `. */
  readonly authorization: string | undefined;
  /** Path and query. */
  readonly target: string;
  /**
   * An object that requests with the very same headers share, such as the head of a connection that sends the same one again;
   * undefined where that is not known.
   */
  readonly sharedHead?: object | undefined;
  /** The values of a header, joined by `, `; undefined when absent. @param name in lower case. */
  header(name: string): string | undefined;
}

export const absent = (detail: string): CredentialReading => Object.freeze({ kind: 'absent', detail });
export const malformed = (detail: string): CredentialReading => Object.freeze({ kind: 'malformed', detail });
