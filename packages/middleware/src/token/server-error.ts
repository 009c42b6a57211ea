import { STATUS_CODES } from 'node:http';

/** An error that the authorization server itself reports in the JSON body of a response, whatever its status. */
export interface ServerError {
  /** As received, of any length, so it must not be logged. */
  readonly code: string;
  readonly description: unknown;
  /** The scope of an error: this client, this request, or the server temporarily. */
  readonly concerns: 'client' | 'request' | 'server';
}

/** RFC 6749 sections 4.1.2.1 and 5.2, RFC 8707 section 2 (and RFC 8693 section 2.2.2), RFC 6750 section 3.1, OpenID Connect Core section 3.1.2.6. */
const registered: ReadonlySet<string> = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
  'invalid_token',
  'access_denied',
  'interaction_required',
]);

/**
 * Whether an error proves that the client was authenticated: the server went on to the request itself, or has its own problem. Any
 * other error may come from a server that did not find the credentials where they were sent. `unauthorized_client` comes after
 * authentication (RFC 6749 section 5.2), but a server that sends it with 401, such as Keycloak 16, means `invalid_client`.
 */
export function provesAuthentication(status: number, { code, concerns }: ServerError): boolean {
  if (concerns === 'server' || (code === 'unauthorized_client' && status === 400)) return true;
  if (concerns === 'client' || code === 'invalid_request') return false;
  return requestCodes.has(code) || code === 'access_denied';
}

/** Whether a code is one of the specifications that clients and callers know. */
export const isRegisteredError = (code: string): boolean => registered.has(code);

/** Codes with which servers refuse a client: its ID, its secret, its method, or its permission to use this grant. */
const clientCodes: ReadonlySet<string> = new Set([
  'invalid_client',
  'unauthorized_client',
  // Salesforce.
  'invalid_client_id',
  'invalid_client_credentials',
  'inactive_org',
  'inactive_user',
  'org_locked',
  'oauth_app_blocked',
  // Servers modelled on GitHub.
  'incorrect_client_credentials',
  'invalid_client_secret',
  'client_not_found',
  'invalid_credentials',
  'bad_credentials',
]);

/** Codes that concern the request even in a 401: RFC 6749 section 5.2, RFC 8707, RFC 9396, Entra ID. */
const requestCodes: ReadonlySet<string> = new Set([
  'invalid_request',
  'invalid_grant',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
  'invalid_resource',
  'invalid_authorization_details',
]);

/** RFC 6749 section 4.1.2.1 and RFC 8628 section 3.5. */
const transientCodes: ReadonlySet<string> = new Set(['server_error', 'temporarily_unavailable', 'slow_down']);

/** Statuses that mean "later" unless the body has a code that is final. */
const transientStatuses: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/**
 * Codes of Entra ID (`AADSTS...`, also in `error_codes`) that concern the client, whatever the `error`: unknown or disabled
 * application, wrong, expired or missing secret, certificate or federated credential.
 */
const entraClientCodes: ReadonlySet<string> = new Set([
  '50012',
  '70002',
  '70011001',
  '70021',
  '700016',
  '700021',
  '700027',
  '700030',
  '700211',
  '700212',
  '700213',
  '700223',
  '7000112',
  '7000114',
  '7000215',
  '7000216',
  '7000218',
  '7000222',
  '7000229',
]);

/**
 * Reads an error reported by the server: `error` (RFC 6749 section 5.2), or `errorCode` in the two spellings of Okta and Apigee
 * when it is a code of OAuth. Undefined when the body has no report of the server itself, for example a page of a proxy.
 */
export function readServerError(
  status: number,
  body: Readonly<Record<string, unknown>> | undefined,
): ServerError | undefined {
  if (body === undefined) return undefined;
  const { error, error_description: description } = body;
  if (typeof error === 'string' && error.trim() !== '') {
    const code = error.trim();
    const concerns = concernOf(status, code.toLowerCase(), body);
    return concerns && { code, description, concerns };
  }
  for (const [name, text] of [
    ['errorCode', body['errorSummary']],
    ['ErrorCode', body['Error']],
  ] as const) {
    const code = body[name];
    if (typeof code === 'string' && (clientCodes.has(code) || requestCodes.has(code))) {
      const concerns = concernOf(status, code, body);
      return concerns && { code, description: text, concerns };
    }
  }
  return undefined;
}

function concernOf(
  status: number,
  code: string,
  body: Readonly<Record<string, unknown>>,
): ServerError['concerns'] | undefined {
  if (transientCodes.has(code)) return 'server';
  if (clientCodes.has(code) || hasEntraClientCode(body)) return 'client';
  if (requestCodes.has(code)) return 'request';
  // The text of the status comes from a framework, not from OAuth: `{"status": 503, "error": "Service Unavailable"}`.
  const phrase = STATUS_CODES[status]?.toLowerCase();
  if (transientStatuses.has(status) || (status >= 500 && code.replace(/[_-]/g, ' ') === phrase))
    return undefined;
  // Auth0 responds to a wrong secret with 401 `access_denied`, UAA with 401 `unauthorized`.
  return status === 401 ? 'client' : 'request';
}

function hasEntraClientCode({
  error_codes: codes,
  error_description: description,
}: Readonly<Record<string, unknown>>): boolean {
  if (Array.isArray(codes) && codes.some((code) => entraClientCodes.has(String(code)))) return true;
  const [, code] = typeof description === 'string' ? (/^AADSTS(\d+)\b/.exec(description) ?? []) : [];
  return code !== undefined && entraClientCodes.has(code);
}
