import { asymmetricAlgorithms } from '../base/signing-key.ts';
import { toChallenge, type ChallengeError } from './bearer-challenge.ts';
import type { Deny } from './decision.ts';
import type { RefusalCode } from './refusal-code.ts';
import { createDeny } from './refusals.ts';

/** Codes of refusals that have a challenge for a bearer token. */
export type BearerRefusalCode = Extract<
  RefusalCode,
  'token_missing' | 'token_malformed' | 'token_invalid' | 'insufficient_scope' | 'claims_not_satisfied'
>;

export interface BearerDenyOptions {
  /** Default: `grantgate`. */
  readonly realm?: string | undefined;
  /** Schemes that the resource accepts, each with its own challenge; default: `Bearer`. */
  readonly schemes?: readonly string[] | undefined;
  /** URL of the protected resource metadata (RFC 9728). Default: none. */
  readonly resourceMetadata?: string | undefined;
}

/** Details of a refusal besides its code. */
export interface BearerDenyMore extends Pick<Deny, 'clientId' | 'reason'> {
  /** Scopes that the request needs. Default: unspecified. */
  readonly scopes?: readonly string[] | undefined;
  /** Error code that replaces that of the refusal, such as `invalid_dpop_proof`. */
  readonly error?: ChallengeError | undefined;
}

/** Refuses a request as RFC 6750 section 3 describes. @param detail for callers, and `error_description` of the challenge. */
export type BearerDeny = (code: BearerRefusalCode, detail: string, more?: BearerDenyMore) => Deny;

const errors: Readonly<Record<BearerRefusalCode, ChallengeError | undefined>> = {
  token_missing: undefined,
  token_malformed: 'invalid_request',
  token_invalid: 'invalid_token',
  insufficient_scope: 'insufficient_scope',
  claims_not_satisfied: 'insufficient_scope',
};

export function createBearerDeny(options: BearerDenyOptions = {}): BearerDeny {
  const { realm = 'grantgate', schemes = ['Bearer'], resourceMetadata } = options;
  return (code, detail, { scopes = [], error = errors[code], ...known } = {}) => {
    const challenge = schemes
      .map((scheme) => {
        const isDpop = scheme.toLowerCase() === 'dpop';
        // A caller that sent no proof would not understand an error about proofs.
        const shown = isDpop || error !== 'invalid_dpop_proof' ? error : undefined;
        return toChallenge({
          scheme,
          realm,
          error: shown,
          errorDescription: shown && detail,
          scopes,
          algorithms: isDpop ? asymmetricAlgorithms : [],
          resourceMetadata,
        });
      })
      .join(', ');
    return createDeny(code, detail, undefined, { ...known, challenge });
  };
}
