import type { MaybePromise } from '../base/maybe-promise.ts';
import type { Claims } from '../claims/claims.ts';
import { readClaim } from '../claims/path.ts';
import type { BearerDeny } from '../decision/bearer-deny.ts';
import type { Deny } from '../decision/decision.ts';
import type { CheckProof } from './dpop.ts';
import type { RequiredBinding } from './schema.ts';

/** Evidence about the caller besides the token. */
export interface CallerProofs<Request> {
  /** Thumbprint of the caller's TLS certificate (RFC 8705 section 3.1); undefined without one. */
  certificateThumbprint(request: Request): string | undefined;
  /** Value of the header `DPoP`. */
  proof(request: Request): string | undefined;
  method(request: Request): string;
  /** Absolute URL as the caller wrote it, without query. */
  url(request: Request): string;
}

/** A token with the scheme that it was sent with. */
export interface BoundToken {
  readonly value: string;
  readonly scheme: string | undefined;
  readonly claims: Claims;
  readonly clientId: string;
}

/** The proof that each request with a token requires; undefined: none. */
export type Confirm<Request> = ((request: Request) => MaybePromise<Deny | undefined>) | undefined;

export interface BindingParts<Request> {
  readonly required: RequiredBinding | undefined;
  readonly proofs: CallerProofs<Request>;
  readonly checkProof: CheckProof;
  readonly deny: BearerDeny;
}

/**
 * Finds what a token is bound to (`cnf`, RFC 7800): a certificate (RFC 8705) or a key (RFC 9449). A bound token needs its proof whether
 * or not a binding is required, so that a thief cannot use it as a bearer token.
 *
 * @returns a refusal of the token, or the check of each request.
 */
export function createConfirm<Request>(
  token: BoundToken,
  { required, proofs, checkProof, deny }: BindingParts<Request>,
): { readonly refusal: Deny } | { readonly confirm: Confirm<Request> } {
  const { value, scheme, claims, clientId } = token;
  const [certificate, key] = ['x5t#S256', 'jkt'].map((name) => readClaim(claims, ['cnf', name]));
  const isDpop = scheme?.toLowerCase() === 'dpop';
  const refuse = (detail: string, reason = detail): { readonly refusal: Deny } => ({
    refusal: deny('token_invalid', detail, { clientId, reason }),
  });
  const hasOther = readClaim(claims, ['cnf']) !== undefined && certificate === undefined && key === undefined;
  if (hasOther) return refuse('The token is bound in a way that is not supported.');
  if (isDpop !== (key !== undefined))
    return isDpop
      ? refuse('The token is not bound to a key, as the scheme DPoP demands.')
      : refuse(
          'The token is bound to a key: send it with the scheme DPoP.',
          'cnf.jkt, and the scheme is not DPoP; requireBinding: dpop accepts it',
        );
  if (!isBoundAs(required, { certificate, key }))
    return refuse('The token is not bound as this route requires.', `requireBinding is ${required ?? ''}`);
  if (certificate === undefined && key === undefined) return { confirm: undefined };
  const late = (detail: string): Deny => deny('token_invalid', detail, { clientId });
  return {
    confirm(request) {
      if (certificate !== undefined && proofs.certificateThumbprint(request) !== certificate)
        return late("The token is bound to a certificate that is not the caller's.");
      if (key === undefined) return undefined;
      return checkProof({
        proof: proofs.proof(request),
        method: proofs.method(request),
        url: proofs.url(request),
        token: value,
        thumbprint: typeof key === 'string' ? key : '',
      }).then((fault) =>
        fault === undefined
          ? undefined
          : deny('token_invalid', fault, { clientId, error: 'invalid_dpop_proof' }),
      );
    },
  };
}

function isBoundAs(
  required: RequiredBinding | undefined,
  { certificate, key }: { readonly certificate: unknown; readonly key: unknown },
): boolean {
  switch (required) {
    case undefined:
      return true;
    case 'certificate':
      return certificate !== undefined;
    case 'dpop':
      return key !== undefined;
    case 'any':
      return certificate !== undefined || key !== undefined;
  }
}
