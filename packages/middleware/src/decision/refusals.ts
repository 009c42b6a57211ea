import type { Deny } from './decision.ts';
import type { RefusalCode } from './refusal-code.ts';

/** Representation of a code in HTTP. */
export interface RefusalRow {
  /** HTTP status code. */
  readonly status: number;
  readonly title: string;
  /** Scheme of `WWW-Authenticate`, which a 401 must have (RFC 9110 section 11.6.1); undefined for none. */
  readonly challenge: 'Basic' | 'Bearer' | undefined;
  /** Seconds for `Retry-After` when the authorization server named none; undefined: no such header. */
  readonly retryAfterSeconds: number | undefined;
}

const row = (
  status: number,
  title: string,
  challenge?: RefusalRow['challenge'],
  retryAfterSeconds?: number,
): RefusalRow => Object.freeze({ status, title, challenge, retryAfterSeconds });

/** The one table of refusals: code to status, title and headers. */
export const refusals: Readonly<Record<RefusalCode, RefusalRow>> = Object.freeze({
  credentials_missing: row(401, 'Credentials are required', 'Basic'),
  credentials_malformed: row(401, 'Credentials are malformed', 'Basic'),
  credentials_refused: row(401, 'Credentials were refused', 'Basic'),
  credentials_busy: row(503, 'Too many credentials are being checked', undefined, 1),
  claims_not_satisfied: row(403, 'Access is not granted'),
  token_missing: row(401, 'A token is required', 'Bearer'),
  token_malformed: row(400, 'The token is malformed', 'Bearer'),
  token_invalid: row(401, 'The token is not valid', 'Bearer'),
  insufficient_scope: row(403, 'The token has too little scope', 'Bearer'),
  gateway_credentials_refused: row(502, 'The authorization server refused the gateway'),
  token_request_rejected: row(502, 'The authorization server rejected the token request'),
  token_response_invalid: row(502, 'The authorization server sent an invalid response'),
  token_opaque: row(502, 'The access token has no readable claims'),
  authorization_server_unavailable: row(503, 'The authorization server is unavailable', undefined, 5),
  authorization_server_timeout: row(504, 'The authorization server did not respond in time'),
  middleware_unavailable: row(503, 'The route is unavailable', undefined, 5),
});

/** RFC 7617 section 2: the challenge, with UTF-8 announced. */
export const basicChallenge = 'Basic realm="grantgate", charset="UTF-8"';

const challenges: Readonly<Record<NonNullable<RefusalRow['challenge']>, string>> = {
  Basic: basicChallenge,
  Bearer: 'Bearer realm="grantgate"',
};

/** Builds a refusal from its row in the table. @param known a `challenge` that replaces that of the row. */
export function createDeny(
  code: RefusalCode,
  detail: string,
  retryAfterSeconds?: number,
  known: Pick<Deny, 'clientId' | 'reason'> & Partial<Pick<Deny, 'challenge'>> = {},
): Deny {
  const { clientId, reason } = known;
  const { status, title, challenge, retryAfterSeconds: usual } = refusals[code];
  return Object.freeze({
    allowed: false,
    code,
    status,
    title,
    detail,
    challenge: known.challenge ?? (challenge && challenges[challenge]),
    retryAfterSeconds: usual === undefined ? undefined : (retryAfterSeconds ?? usual),
    ...(clientId !== undefined && { clientId }),
    ...(reason !== undefined && { reason }),
  });
}
