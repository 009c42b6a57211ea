import type { TokenOutcome } from '../token/access-token.ts';

/**
 * Error codes with which servers refuse the caller's token, not the gateway: RFC 8693 section 2.2.2 has `invalid_request` and
 * `invalid_target`, RFC 7523 section 3.1 `invalid_grant`; Keycloak 26 sends `invalid_token`, and `access_denied` for a token without
 * the gateway in its audience; Entra ID sends `interaction_required` for a user who has to authenticate again.
 */
const subjectErrors: ReadonlySet<string> = new Set([
  'invalid_request',
  'invalid_grant',
  'invalid_target',
  'invalid_token',
  'access_denied',
  'interaction_required',
]);

/** Whether the authorization server refused the token that it should exchange. */
export const isSubjectRefusal = (outcome: TokenOutcome): boolean =>
  outcome.kind === 'failure' &&
  outcome.reason === 'request_rejected' &&
  subjectErrors.has(outcome.oauthError ?? '');
