import type { BearerDeny } from '../decision/bearer-deny.ts';
import { requiredScopesOf } from '../claims/required-scopes.ts';
import type { CallerRefusals } from './create-caller-decide.ts';

/**
 * Refusals of a kind whose credentials are bearer tokens (RFC 6750 section 3). Challenges to callers without a token, or with
 * insufficient claims, name the scopes that the route requires.
 *
 * @param claims the expression of the option `claims`.
 */
export function createBearerRefusals(deny: BearerDeny, claims: string | undefined): CallerRefusals {
  const scopes = Object.freeze(requiredScopesOf(claims));
  return Object.freeze({
    missing: (detail) => deny('token_missing', detail, { scopes }),
    malformed: (detail) => deny('token_malformed', detail),
    unsatisfied: (clientId, reason) =>
      deny('claims_not_satisfied', "The token's claims do not satisfy this route.", {
        clientId,
        reason,
        scopes,
      }),
    unsendable: (clientId, header) =>
      deny('token_invalid', `The claim for header ${header} cannot be sent in a header.`, { clientId }),
    opaque: (clientId) =>
      deny('token_invalid', 'The token has no claims, and this route needs them.', { clientId }),
  } satisfies CallerRefusals);
}
