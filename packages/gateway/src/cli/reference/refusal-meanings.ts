import type { RefusalCode } from '@grantgate/middleware/decision/refusal-code';
import type { ErrorCode } from '@grantgate/middleware/errors';
import type { GatewayRefusalCode } from '../../pipeline/refusals.ts';
import type { GatewayStartErrorCode } from '../../start-error.ts';

/** The case in which each code refuses a request. */
export const refusalMeanings: Readonly<Record<RefusalCode | GatewayRefusalCode, string>> = {
  credentials_missing:
    'Application level: `Authorization` is missing or uses another scheme than `Basic`. `apiKey`: the request has no key.',
  credentials_malformed:
    'Application level: the Basic credentials are malformed (RFC 7617). `apiKey`: the key is malformed, or given more than once.',
  credentials_refused:
    'Application level: the authorization server refused the client ID and secret (`invalid_client`, `unauthorized_client` or 401). `apiKey`: the middleware has no such key.',
  credentials_busy: '`apiKey`: 100 keys wait to be checked. Keys that were accepted before pass at once.',
  claims_not_satisfied: "The token's claims do not satisfy `claims`.",
  token_missing: 'The request has no token where the middleware reads it.',
  token_malformed:
    'The token is malformed (RFC 6750 section 2.1), too long, or given more than once; the challenge has `invalid_request`.',
  token_invalid:
    'The token is not accepted: signature, issuer, audience, validity, type or proof of possession, the introspection endpoint does not report it as active, or the authorization server does not exchange it; the challenge has `invalid_token`. The log has the reason.',
  insufficient_scope: 'The token lacks a scope that the request needs.',
  gateway_credentials_refused:
    "The authorization server refused the gateway's own client: its ID and secret, or its right to introspect or exchange tokens.",
  token_request_rejected:
    'The authorization server responded with another error of RFC 6749 section 5.2, such as `invalid_scope`.',
  token_response_invalid:
    'The response of the token endpoint, the introspection endpoint or the metadata of `issuer` is invalid, or a claim cannot be sent in a header.',
  token_opaque:
    '`claims` is set and the access token is opaque (not a signed JWT), so its claims cannot be read.',
  authorization_server_unavailable:
    'The authorization server could not be reached, or responded 408, 429, 5xx or 4xx without an error of RFC 6749, after all retries; or its metadata could not be read.',
  authorization_server_timeout:
    'The authorization server did not respond within `timeoutSeconds`, after all retries.',
  middleware_unavailable:
    'The route or one of its middlewares is invalid or lacks a secret; the log and `grantgate check` show the reason.',
  no_route: 'No router matches the request.',
  misdirected_request:
    'The `Host` belongs to a router with other TLS options than the connection, which was opened for another host (SNI).',
  middleware_unknown:
    'Beside a proxy: no middleware has the requested name, or the path is not below `/forward-auth/`.',
  request_invalid:
    'The request is not valid HTTP/1.1, a server could read its path as another one, its query has more than 1,000 parameters, or matching it with regular expressions takes too long.',
  method_not_supported: 'The method is `CONNECT` or `TRACE`.',
  request_timeout: 'The request did not arrive within `readTimeout` or `headerTimeout`.',
  request_too_large: 'The body exceeds `maxBodyBytes`.',
  request_head_too_large: 'The head exceeds `maxHeaderBytes`.',
  deadline_exceeded:
    'A gRPC request has no response within its `grpc-timeout`. gRPC status: `DEADLINE_EXCEEDED`.',
  too_many_header_fields: 'The head has more lines than `maxHeaderFields`.',
  gateway_draining: 'The gateway is shutting down.',
  upstream_unavailable: 'The service has no healthy server.',
  upstream_refused: 'The connection to the server failed.',
  upstream_reset: 'The server closed the connection before its response was complete.',
  upstream_timeout: 'The server did not respond in time.',
};

/** The case in which `@grantgate/middleware` throws an error with each code to an application. */
export const thrownErrorMeanings: Readonly<
  Record<ErrorCode, { readonly error: 'OptionsError' | 'TokenError'; readonly when: string }>
> = {
  options_invalid: {
    error: 'OptionsError',
    when: 'At construction: the options are invalid. `problems` lists all problems, each with its path.',
  },
  credentials_refused: {
    error: 'TokenError',
    when: "The authorization server refused the application's client ID and secret.",
  },
  token_request_rejected: { error: 'TokenError', when: refusalMeanings.token_request_rejected },
  token_response_invalid: {
    error: 'TokenError',
    when: 'The response of the token endpoint or the metadata of `issuer` is invalid.',
  },
  authorization_server_unavailable: {
    error: 'TokenError',
    when: refusalMeanings.authorization_server_unavailable,
  },
  authorization_server_timeout: { error: 'TokenError', when: refusalMeanings.authorization_server_timeout },
};

/** The reason for each code with which the gateway does not start. */
export const startErrorMeanings: Readonly<Record<GatewayStartErrorCode, string>> = {
  address_unavailable: 'An entry point cannot listen on its address.',
  certificate_invalid: 'The certificate or key of an entry point cannot be read or is invalid.',
  grpc_unavailable: 'An entry point `extAuthz` needs the package `@grpc/grpc-js`, which is not installed.',
  log_unavailable: 'The file of the access log cannot be opened.',
  routes_unavailable:
    'A file or directory of routes does not exist, cannot be read, is empty or contains no file of routes.',
  telemetry_unavailable:
    'A package of OpenTelemetry is not installed, or a file or a reference of its options cannot be read.',
  worker_failed: 'The first worker exited before it served requests; its messages come first.',
};
