/** Every code of a refused decision; closed, and listed in the reference. */
export type RefusalCode =
  | 'credentials_missing'
  | 'credentials_malformed'
  | 'credentials_refused'
  | 'credentials_busy'
  | 'claims_not_satisfied'
  | 'token_missing'
  | 'token_malformed'
  | 'token_invalid'
  | 'insufficient_scope'
  | 'gateway_credentials_refused'
  | 'token_request_rejected'
  | 'token_response_invalid'
  | 'token_opaque'
  | 'authorization_server_unavailable'
  | 'authorization_server_timeout'
  | 'middleware_unavailable';
