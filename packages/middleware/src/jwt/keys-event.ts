/** Outcome of a request for a key set. Never contains key material. */
export type KeysEvent =
  /** New keys are in use. */
  | {
      readonly kind: 'obtained';
      readonly url: string;
      readonly keys: number;
      readonly problems: readonly string[];
    }
  /** The server has the keys that are in use. */
  | { readonly kind: 'refreshed'; readonly url: string; readonly keys: number }
  | {
      readonly kind: 'failed';
      readonly url: string;
      /** For operators. */
      readonly detail: string;
      /** True for the first failure of an outage. */
      readonly isFirst: boolean;
      /** Number of earlier keys, which are still used; 0: tokens cannot be verified. */
      readonly keys: number;
      /** Milliseconds after which the next token tries again. */
      readonly nextTryInMs: number;
    };
