/** The result of a connection attempt. Its texts contain no secret. */
export interface ConnectionResult {
  readonly fault:
    | {
        readonly severity: 'error' | 'warning';
        readonly code:
          | 'store_unreachable'
          | 'discovery_failed'
          | 'keys_unavailable'
          | 'introspection_failed'
          | 'token_endpoint_unreachable'
          | 'credentials_refused'
          | 'token_without_lifetime'
          | 'token_expired'
          | 'scope_not_granted'
          | 'audience_not_granted';
      }
    | undefined;
  /** `connection refused`, `grants a token (token_type Bearer)`. */
  readonly detail: string;
}
