import type { TokenFailureReason } from '../failure.ts';

/** Outcome of a request for the metadata of an issuer. Never contains a secret. */
export type DiscoveryEvent =
  /** The issuer published valid metadata. */
  | {
      readonly kind: 'discovered';
      readonly issuer: string;
      readonly tokenEndpoint: string;
      /** The previous token endpoint if it was different; undefined for the first metadata. */
      readonly previousTokenEndpoint: string | undefined;
    }
  | {
      readonly kind: 'failed';
      readonly issuer: string;
      readonly reason: TokenFailureReason;
      /** For operators: may quote the published metadata. */
      readonly detail: string;
      /** True for the first failure of an outage. */
      readonly isFirst: boolean;
      /** The token endpoint of earlier metadata, which is still used; undefined when there is none, so token requests fail. */
      readonly tokenEndpoint: string | undefined;
      /** Milliseconds after which the next token request tries again. */
      readonly nextTryInMs: number;
    }
  /** The first metadata after failures; announced after `discovered`. */
  | {
      readonly kind: 'recovered';
      readonly issuer: string;
      readonly failures: number;
      /** Milliseconds since the first of them. */
      readonly lastedMs: number;
    };
