/** Part of a request that carries a credential. */
export type CredentialPlace = 'header' | 'query' | 'cookie';

/** A credential of a request, or the reason why there is none. `detail` is meant for callers and never contains the credential. */
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

/** The parts of a request from which credentials are read; a `StepRequest` of the gateway has them. */
export interface CredentialRequest {
  /** Value of `Authorization`; undefined when absent. Several are joined with `, `. */
  readonly authorization: string | undefined;
  /** Path and query. */
  readonly target: string;
  /**
   * An object shared by requests with identical headers, such as those of a connection that repeats its request head;
   * undefined when unknown.
   */
  readonly sharedHead?: object | undefined;
  /** The values of a header, joined by `, `; undefined when absent. @param name in lower case. */
  header(name: string): string | undefined;
}

export const absent = (detail: string): CredentialReading => Object.freeze({ kind: 'absent', detail });
export const malformed = (detail: string): CredentialReading => Object.freeze({ kind: 'malformed', detail });
