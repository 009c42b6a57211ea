import type { Claims } from '../claims/claims.ts';
import type { Policy } from './policy.ts';

/** Result of a policy for a set of claims. */
export type PolicyResult =
  | {
      readonly kind: 'satisfied';
      /** Forwarded headers, name and value in turn, in Node.js's form. */
      readonly headers: readonly string[];
      readonly username: string | undefined;
    }
  /** The `claims` expression is false. @see Deny.reason */
  | { readonly kind: 'unsatisfied'; readonly reason: string | undefined }
  /** The value of a claim is not allowed in the header of this name. */
  | { readonly kind: 'unsendable'; readonly header: string };

/** Evaluates a policy, once per token. @param claims undefined: they cannot be read, and the policy does not need them. */
export function evaluatePolicy(policy: Policy, claims: Claims | undefined): PolicyResult {
  if (claims !== undefined && policy.satisfies !== undefined && !policy.satisfies(claims))
    return { kind: 'unsatisfied', reason: policy.describeUnsatisfied?.(claims) };
  const forwarded = policy.headersFrom(claims ?? noClaims);
  if (!forwarded.ok) return { kind: 'unsendable', header: forwarded.header };
  return {
    kind: 'satisfied',
    headers: forwarded.headers,
    username: claims && policy.usernameFrom(claims),
  };
}

const noClaims: Claims = Object.freeze({});
