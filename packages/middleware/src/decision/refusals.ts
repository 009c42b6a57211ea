import type { Deny } from './decision.ts';
import type { RefusalCode } from './refusal-code.ts';

/** Representation of a code in HTTP. */
export interface RefusalRow {
  /** HTTP status code. */
  readonly status: number;
  readonly title: string;
  /** Whether the response has `WWW-Authenticate: Basic` (RFC 9110 section 11.6.1 requires one with 401). */
  readonly challenge: boolean;
  /** Seconds for `Retry-After` when the authorization server named none; undefined: no such header. */
  readonly retryAfterSeconds: number | undefined;
}

const row = (status: number, title: string, challenge = false, retryAfterSeconds?: number): RefusalRow =>
  Object.freeze({ status, title, challenge, retryAfterSeconds });

/** The one table of refusals: code to status, title and headers. */
export const refusals: Readonly<Record<RefusalCode, RefusalRow>> = Object.freeze({
  credentials_missing: row(401, 'Credentials are required', true),
  credentials_malformed: row(401, 'Credentials are malformed', true),
  credentials_refused: row(401, 'Credentials were refused', true),
  claims_not_satisfied: row(403, 'Access is not granted'),
  gateway_credentials_refused: row(502, 'The authorization server refused the gateway'),
  token_request_rejected: row(502, 'The authorization server rejected the token request'),
  token_response_invalid: row(502, 'The authorization server sent an invalid response'),
  token_opaque: row(502, 'The access token has no readable claims'),
  authorization_server_unavailable: row(503, 'The authorization server is unavailable', false, 5),
  authorization_server_timeout: row(504, 'The authorization server did not respond in time'),
  middleware_unavailable: row(503, 'The route is unavailable', false, 5),
});

/** RFC 7617 section 2: the challenge, with UTF-8 announced. */
export const basicChallenge = 'Basic realm="grantgate", charset="UTF-8"';

/** Builds a refusal from its row in the table. */
export function createDeny(
  code: RefusalCode,
  detail: string,
  retryAfterSeconds?: number,
  { clientId, reason }: Pick<Deny, 'clientId' | 'reason'> = {},
): Deny {
  const { status, title, challenge, retryAfterSeconds: usual } = refusals[code];
  return Object.freeze({
    allowed: false,
    code,
    status,
    title,
    detail,
    challenge: challenge ? basicChallenge : undefined,
    retryAfterSeconds: usual === undefined ? undefined : (retryAfterSeconds ?? usual),
    ...(clientId !== undefined && { clientId }),
    ...(reason !== undefined && { reason }),
  });
}
