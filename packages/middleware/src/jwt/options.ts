import type { Secret } from '../base/secret.ts';
import type { AuthorizationServerTls, ClaimsOptions } from '../options/options.ts';

/** Where the keys of tokens come from; exactly one. */
export type KeyOptions =
  | { readonly kind: 'secret'; readonly secret: Secret; readonly isBase64: boolean }
  /** PEM. */
  | { readonly kind: 'publicKey'; readonly pem: string }
  /** A JWK Set as JSON. */
  | { readonly kind: 'keySet'; readonly json: string }
  /** Absolute URL of a JWK Set. */
  | { readonly kind: 'url'; readonly url: string }
  /** Path of a JWK Set below each of `issuers`. */
  | { readonly kind: 'path'; readonly path: string }
  /** As written: its metadata name the keys. */
  | { readonly kind: 'issuer'; readonly issuer: string };

/** Proof of possession that a token must be bound to. `certificate`: RFC 8705; `dpop`: RFC 9449; `any`: one of them. */
export type RequiredBinding = 'certificate' | 'dpop' | 'any';

/** The options of `jwt` after parsing, validated and frozen; the schema has their defaults. */
export interface JwtOptions extends ClaimsOptions {
  readonly keys: KeyOptions;
  /** Accepted values of `iss`; empty: any. */
  readonly issuers: readonly string[];
  /** Values of `aud`, one of which a token must have; empty: any. */
  readonly audience: readonly string[];
  readonly algorithms: readonly string[];
  /** Milliseconds that the clocks of issuer and gateway may differ. */
  readonly clockSkewMs: number;
  /** `typ` that a token must have; undefined: `JWT`, `at+jwt` or none. */
  readonly type: string | undefined;
  /** Undefined: a token may be bound or not; a bound one needs its proof all the same. */
  readonly requireBinding: RequiredBinding | undefined;
  readonly forwardAuthorization: boolean;
  /** Name of a query parameter with the token; undefined: none. */
  readonly tokenQueryKey: string | undefined;
  readonly clientConfig: {
    readonly tls: AuthorizationServerTls;
    /** Seconds per attempt. */
    readonly timeoutSeconds: number;
    /** After the first attempt. */
    readonly maxRetries: number;
    /** URL of the proxy, perhaps with credentials; undefined: those of the environment. */
    readonly proxy: Secret | undefined;
    readonly headers: Readonly<Record<string, Secret>>;
  };
}
