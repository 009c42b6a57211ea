import type { ClientAuthentication, ClientAuthMethod } from '../base/client-auth-method.ts';
import type { Secret } from '../base/secret.ts';
import type { TokenOutcome } from './access-token.ts';
import type { AssertionSettings } from './client-auth/assertion.ts';
import type { Credential } from './credential.ts';
import type { GrantRules } from './granted-token.ts';

/** How to send requests to one endpoint of an authorization server, and how clients authenticate there. */
export interface ServerEndpointOptions {
  /** Absolute `https:` or `http:` URL. */
  readonly url: string;
  /** Additional headers, without those that the gateway itself sets. */
  readonly headers: Readonly<Record<string, Secret>>;
  readonly clientAuthentication: ClientAuthentication;
  /** The method that `auto` tries first while nothing is known about the endpoint; default `client_secret_basic`. */
  readonly firstMethod?: ClientAuthMethod | undefined;
  readonly assertion: AssertionSettings;
  readonly tls: {
    /** PEM, one or more certificates; undefined: the system's trust store. */
    readonly ca: string | undefined;
    readonly cert: string | undefined;
    readonly key: Secret | undefined;
    readonly insecureSkipVerify: boolean;
  };
  /** URL of the proxy; undefined: the proxies of the environment. */
  readonly proxy: Secret | undefined;
  /** Time limit of each attempt in milliseconds, including the connection. */
  readonly timeoutMs: number;
  /** Retries after the first attempt; 0 for none. */
  readonly maxRetries: number;
  /** Maximum number of concurrent requests; at least 1. */
  readonly maxConcurrent: number;
}

/** How to request tokens from one token endpoint. */
export interface TokenEndpointOptions extends ServerEndpointOptions {
  /** Sent as `audience`; undefined: not sent. */
  readonly audience: string | undefined;
  /** Sent as `scope`; empty: not sent. */
  readonly scopes: readonly string[];
  /** Sent as `resource`, once for each. */
  readonly resource: readonly string[];
  /** Additional parameters, without those that the gateway itself sets. */
  readonly endpointParams: Readonly<Record<string, Secret>>;
  /** How a successful response is read. */
  readonly rules: GrantRules;
}

/**
 * Exchanges a credential for a token at one token endpoint (RFC 6749 section 4.4), with retries; failures of a server do not
 * throw.
 */
export interface TokenEndpoint {
  obtain(credential: Credential): Promise<TokenOutcome>;
  /** Closes its connections after requests in flight. */
  close(): Promise<void>;
}
