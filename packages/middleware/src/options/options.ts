import type { ClientAuthentication } from '../base/client-auth-method.ts';
import type { Secret } from '../base/secret.ts';
import type { StoreOptions } from '../cache/stores.ts';
import type { ForwardHeadersFormat } from '../claims/headers.ts';

/** Options for claims, common to all kinds of middleware that read them. */
export interface ClaimsOptions {
  /** Source of the predicate; undefined: every token passes. */
  readonly claims: string | undefined;
  /** Header name as written -> claim path. */
  readonly forwardHeaders: Readonly<Record<string, string>>;
  readonly forwardHeadersFormat: ForwardHeadersFormat;
  /** Claim path. */
  readonly usernameClaim: string | undefined;
}

/** TLS to an authorization server. */
export interface AuthorizationServerTls {
  /** PEM. */
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: Secret | undefined;
  readonly insecureSkipVerify: boolean;
}

/** The options of `oAuthClientCredentials` after parsing, validated and frozen; the schema has their defaults. */
export interface ClientCredentialsOptions extends ClaimsOptions {
  /** Token endpoint, absolute; undefined with `issuer`. */
  readonly url: string | undefined;
  /** As written, because it is compared exactly. Its metadata name the token endpoint (RFC 8414). Undefined with `url`. */
  readonly issuer: string | undefined;
  /** Gateway level with it, application level without. */
  readonly clientID: string | undefined;
  /** Undefined at application level, and with a method that needs none. */
  readonly clientSecret: Secret | undefined;
  readonly clientAuthentication: ClientAuthentication;
  readonly audience: string | undefined;
  /** Sent as `scope`; empty: not sent. */
  readonly scopes: readonly string[];
  /** Sent as `resource`, once for each. */
  readonly resource: readonly string[];
  /** More parameters of the token request. */
  readonly endpointParams: Readonly<Record<string, Secret>>;
  /** Milliseconds for which a token without a lifetime is cached; undefined: it is not cached. */
  readonly tokenLifetimeMs: number | undefined;
  /** In addition to `Bearer`, in lower case; an empty string stands for a response without `token_type`. */
  readonly acceptedTokenTypes: readonly string[];
  /** Undefined: the signature of a token is not verified. */
  readonly verify: VerifyOptions | undefined;
  /** Undefined: tokens are not introspected. */
  readonly introspection: OwnIntrospectionOptions | undefined;
  /** Gateway level: whether a 401 of the server renews the token. */
  readonly renewOnUnauthorized: boolean;
  readonly clientConfig: {
    readonly tls: AuthorizationServerTls;
    /** Seconds per attempt. */
    readonly timeoutSeconds: number;
    /** After the first attempt. */
    readonly maxRetries: number;
    /** Maximum number of concurrent token requests. */
    readonly maxConcurrent: number;
    /** URL of the proxy, perhaps with credentials; undefined: those of the environment. */
    readonly proxy: Secret | undefined;
    /** More headers of the token request. */
    readonly headers: Readonly<Record<string, Secret>>;
    readonly assertion: AssertionOptions | undefined;
  };
  /** Store that other processes share; undefined: none. */
  readonly store: StoreOptions | undefined;
}

/** How tokens of the authorization server are verified; exactly one of `jwksUrl` and `issuer`. */
export interface VerifyOptions {
  readonly jwksUrl: string | undefined;
  readonly issuer: string | undefined;
  /** Accepted values of `iss`; empty: any. */
  readonly issuers: readonly string[];
  /** Values of `aud`, one of which a token must have; empty: any. */
  readonly audience: readonly string[];
  readonly algorithms: readonly string[];
  readonly clockSkewMs: number;
  readonly type: string | undefined;
}

/** How opaque tokens of the authorization server are introspected. */
export interface OwnIntrospectionOptions {
  readonly url: string;
  /** Undefined: that of the middleware. */
  readonly clientID: string | undefined;
  readonly clientSecret: Secret | undefined;
  readonly tokenTypeHint: string | undefined;
  readonly audience: readonly string[];
  readonly issuers: readonly string[];
}

/** JWTs with which a client authenticates (RFC 7523 section 2.2). */
export interface AssertionOptions {
  /** PEM or JWK. */
  readonly key: Secret | undefined;
  /** PEM; undefined: the one that `key` contains, if any. */
  readonly certificate: string | undefined;
  readonly keyID: string | undefined;
  readonly algorithm: string | undefined;
  /** Undefined: the token endpoint. */
  readonly audience: string | undefined;
  readonly lifetimeSeconds: number;
  /** Absolute path. */
  readonly file: string | undefined;
  /** Paths that the file must be at or below, symbolic links followed; undefined: any. */
  readonly within?: readonly string[] | undefined;
}

/** A problem of an option, with its path as written. */
export interface OptionProblem {
  readonly severity: 'error' | 'warning';
  readonly path: readonly (string | number)[];
  /** Stable: `unknown_option`, `invalid_value`, `missing_option`, `invalid_expression`, `insecure`, ... */
  readonly code: string;
  /** The problem and the expected value; never the value of a secret. */
  readonly message: string;
  /** For an expression: the position in its text; the offset in UTF-16 code units from 0, line and column from 1. */
  readonly within?: { readonly offset: number; readonly line: number; readonly column: number };
}
