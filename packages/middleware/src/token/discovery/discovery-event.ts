import type { TokenFailureReason } from '../failure.ts';

/** What becomes of the requests for the metadata of an issuer. Never holds a secret. */
export type DiscoveryEvent =
  /** The issuer published metadata that can be used. */
  | {
      readonly kind: 'discovered';
      readonly issuer: string;
      readonly tokenEndpoint: string;
      /** The token endpoint until now, when it was another one; undefined for the first metadata, too. */
      readonly previousTokenEndpoint: string | undefined;
    }
  | {
      readonly kind: 'failed';
      readonly issuer: string;
      readonly reason: TokenFailureReason;
      /** For operators: may quote what the issuer published. */
      readonly detail: string;
      /** True for the first failure of an outage. */
      readonly isFirst: boolean;
      /** The token endpoint of earlier metadata, which is still used; undefined: there is none, so token requests fail. */
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
