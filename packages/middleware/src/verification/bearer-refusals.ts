import type { BearerDeny } from '../decision/bearer-deny.ts';
import type { CallerRefusals } from './create-caller-decide.ts';

/** Refusals of a kind whose credentials are bearer tokens (RFC 6750 section 3). */
export const createBearerRefusals = (deny: BearerDeny): CallerRefusals =>
  Object.freeze({
    missing: (detail) => deny('token_missing', detail),
    malformed: (detail) => deny('token_malformed', detail),
    unsatisfied: (clientId, reason) =>
      deny('claims_not_satisfied', "The token's claims do not satisfy this route.", { clientId, reason }),
    unsendable: (clientId, header) =>
      deny('token_invalid', `The claim for header ${header} cannot be sent in a header.`, { clientId }),
    opaque: (clientId) =>
      deny('token_invalid', 'The token has no claims, and this route needs them.', { clientId }),
  } satisfies CallerRefusals);
