import type { Claims } from '../claims/claims.ts';
import { compileClaims } from '../claims/compile.ts';
import { compileForwardHeaders } from '../claims/headers.ts';
import type { ForwardedHeaders } from '../claims/headers.ts';
import { parseClaimPath, readClaim } from '../claims/path.ts';
import { createDescribeUnsatisfied } from '../claims/unsatisfied.ts';
import { claimText } from '../claims/text.ts';
import type { ClaimsOptions } from '../options/claims.ts';
import { normalizeHeaderName } from '../base/header-name.ts';

/** The part of the options that evaluates a token, compiled once; used once per token. */
export interface Policy {
  /** True when an opaque token cannot pass because its claims must be read. */
  readonly needsClaims: boolean;
  /** Undefined: every token passes. */
  readonly satisfies: ((claims: Claims) => boolean) | undefined;
  /** Describes for operators which conditions of `claims` fail; called when `satisfies` is false. */
  readonly describeUnsatisfied: ((claims: Claims) => string) | undefined;
  readonly headersFrom: (claims: Claims) => ForwardedHeaders;
  readonly usernameFrom: (claims: Claims) => string | undefined;
  /** Caller headers that are never forwarded, normalised. */
  readonly removeHeaders: ReadonlySet<string>;
}

/**
 * Compiles a policy. The options have been validated, so a fault here is a defect and throws.
 *
 * @param credentials headers that carry the caller's credentials, in the form of `normalizeHeaderName`.
 */
export function compilePolicy(
  options: ClaimsOptions,
  credentials: Iterable<string> = ['authorization'],
): Policy {
  const predicate = options.claims === undefined ? undefined : compileClaims(options.claims);
  if (predicate?.ok === false) throw new TypeError('claims was not validated');
  const headers = compileForwardHeaders(options.forwardHeaders, options.forwardHeadersFormat);
  if (!headers.ok) throw new TypeError('forwardHeaders was not validated');
  const names = Object.keys(options.forwardHeaders);
  return Object.freeze({
    needsClaims: predicate !== undefined,
    satisfies: predicate?.evaluate,
    describeUnsatisfied: options.claims === undefined ? undefined : createDescribeUnsatisfied(options.claims),
    headersFrom: headers.evaluate,
    usernameFrom: compileUsername(options.usernameClaim),
    removeHeaders: new Set([...credentials, ...names.map(normalizeHeaderName)]),
  });
}

function compileUsername(source: string | undefined): (claims: Claims) => string | undefined {
  if (source === undefined) return () => undefined;
  const parsed = parseClaimPath(source);
  if (!parsed.ok) throw new TypeError('usernameClaim was not validated');
  const { path } = parsed;
  return (claims) => {
    const text = claimText(readClaim(claims, path));
    // The parser builds texts character by character, and the engine keeps each step in memory. This copy keeps only the text.
    return text === undefined ? undefined : (JSON.parse(JSON.stringify(text)) as string);
  };
}
