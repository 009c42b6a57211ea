import type { StoreOptions } from '../cache/stores.ts';
import type { EndpointClientOptions } from '../options/endpoint-client.ts';
import type { ClaimsOptions, VerifyOptions } from '../options/options.ts';
import type { SourceOptions } from '../options/source.ts';

/** Requirements for an introspection response, and the time for which it is used. */
export interface IntrospectionRules {
  /** Values of `aud`, one of which the response must have; empty: any. */
  readonly audience: readonly string[];
  /** Accepted values of `iss`; empty: any. */
  readonly issuers: readonly string[];
  /** Milliseconds; 0: a response is used once. */
  readonly maxCacheMs: number;
}

/** Requests to an introspection endpoint. */
export interface IntrospectionRequestOptions extends EndpointClientOptions {
  /** Absolute. */
  readonly url: string;
  /** Sent as `token_type_hint`; undefined: not sent. */
  readonly tokenTypeHint: string | undefined;
  /** How signed responses (RFC 9701) are verified; undefined: responses are not signed. */
  readonly verify: Omit<VerifyOptions, 'type'> | undefined;
}

/** The options of `oAuthIntrospection` after parsing, validated and frozen; the schema has their defaults. */
export interface IntrospectionOptions extends ClaimsOptions, IntrospectionRules, IntrospectionRequestOptions {
  readonly tokenSource: SourceOptions;
  readonly forwardAuthorization: boolean;
  /** Where responses are shared beyond the process; undefined: nowhere. */
  readonly store: StoreOptions | undefined;
}
