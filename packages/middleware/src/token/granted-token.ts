import { createAccessToken } from './access-token.ts';
import type { AccessToken } from './access-token.ts';
import { decodeJwtPayload } from '../base/jwt.ts';
import { toShownText, type GrantProblem } from './error-response.ts';
import type { ResponseTimes } from './lifetime.ts';
import { lifetimeSeconds, parseExpiresIn } from './lifetime.ts';

/** Options for reading a successful token response. */
export interface GrantRules {
  /** Token types treated as Bearer, in lower case; an empty string means a response without `token_type`. */
  readonly acceptedTokenTypes: ReadonlySet<string>;
  /** Milliseconds to cache a token without any known lifetime; undefined: not cached. */
  readonly tokenLifetimeMs: number | undefined;
}

/** Accepts only `Bearer`, and sets no default lifetime. */
export const plainGrantRules: GrantRules = Object.freeze({
  acceptedTokenTypes: new Set<string>(),
  tokenLifetimeMs: undefined,
});

// Visible ASCII as in RFC 6749 appendix A.12, without the space, which would end the header's token. RFC 6750's narrower
// b64token is not enforced, because widely used servers issue `!`, `|` and `:`.
const headerToken = /^[\x21-\x7e]+$/;

/** Deduplicates the type: otherwise each response would keep its own copy. */
const sharedType = 'Bearer';

/**
 * Reads a successful response (RFC 6749 section 5.1): a token, or the reason for operators why there is none. Only used members
 * are validated: a stray ID token or an odd `scope` does not spoil a good access token.
 *
 * @param text the body, if it is not JSON.
 * @param sentAtMs `Clock.monotonic()` milliseconds when the request was sent.
 */
export function readGrantedToken(
  { text, body }: { readonly text: string; readonly body: unknown },
  { acceptedTokenTypes, tokenLifetimeMs }: GrantRules,
  sentAtMs: number,
  times: ResponseTimes,
): AccessToken | GrantProblem {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return describeBody(text, body);
  const { access_token: value, token_type: type, expires_in } = body as Record<string, unknown>;
  if (value === undefined || value === null) return { problem: 'access_token is missing' };
  if (typeof value !== 'string') return { problem: 'access_token is not a string' };
  if (value === '') return { problem: 'access_token is empty' };
  if (!headerToken.test(value)) return { problem: 'access_token has characters that no header can carry' };
  if (type !== undefined && type !== null && typeof type !== 'string')
    return { problem: 'token_type is not a string', hasToken: true };
  const named = (type ?? '').trim().toLowerCase();
  if (named !== 'bearer' && !acceptedTokenTypes.has(named)) return describeType(type ?? '');
  const seconds = lifetimeSeconds(parseExpiresIn(expires_in), decodeJwtPayload(value), times);
  const lifetimeMs = seconds === undefined ? tokenLifetimeMs : seconds * 1000;
  const expiresAtMs = lifetimeMs === undefined ? undefined : sentAtMs + lifetimeMs;
  return createAccessToken(value, sentAtMs, expiresAtMs, type === 'Bearer' ? sharedType : (type ?? ''));
}

export function describeBody(text: string, body: unknown): GrantProblem {
  const start = text.trimStart();
  if (start === '') return { problem: 'the body is empty' };
  if (body !== undefined) return { problem: 'the body is JSON, but not an object' };
  return { problem: start.startsWith('<') ? 'the body is HTML or XML, not JSON' : 'the body is not JSON' };
}

function describeType(type: string): GrantProblem {
  if (type.trim() === '')
    return {
      problem: 'token_type is missing: to accept that, list "" in acceptedTokenTypes',
      hasToken: true,
    };
  const shown = JSON.stringify(toShownText(type, 50) ?? '');
  return {
    problem: `token_type is ${shown}, expected "Bearer": if it is a bearer token, list ${shown} in acceptedTokenTypes`,
    hasToken: true,
  };
}
