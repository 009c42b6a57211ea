/** The longest accepted lifetime, in seconds: a year. */
const longestSeconds = 365 * 24 * 3600;
/** Plausible difference between the clocks of two machines, in seconds. */
const plausibleSkewSeconds = 60;

/** Both `Date` and `iat` are whole seconds, so a fresh token may appear to be a second old. */
const dateResolutionSeconds = 1;

/** The time of a token response, in seconds since the epoch. */
export interface ResponseTimes {
  /** By this machine's clock, when the token request was sent. */
  readonly sentAt: number;
  /** By the server's clock: the `Date` header of the response; undefined without one. */
  readonly serverDate: number | undefined;
}

/**
 * Remaining lifetime of a token in seconds, counted from the token request: the shorter of `expires_in` (RFC 6749 section 5.1) and
 * the time until the JWT's `exp` (RFC 7519 section 4.1.4). A server may return a token that it issued earlier, so `exp - iat` is
 * the remaining time of a fresh token only.
 *
 * The expiry is compared with the server's clock, so that a wrong local clock does no harm. The server's clock is its `Date`
 * header; otherwise `iat`, if that is at most 60 s from the local clock; otherwise the local clock. The result never exceeds `exp -
 * iat`.
 *
 * @param expiresIn number of seconds, when the response has it.
 * @param payload the JWT's payload as JSON text, when the token is one.
 * @returns at most a year; zero or less for an expired token; undefined for an unknown lifetime.
 */
export function lifetimeSeconds(
  expiresIn: number | undefined,
  payload: string | undefined,
  times: ResponseTimes,
): number | undefined {
  const remaining = payload === undefined ? undefined : remainingSeconds(payload, times);
  const shortest = Math.min(expiresIn ?? Infinity, remaining ?? Infinity, longestSeconds);
  return expiresIn === undefined && remaining === undefined ? undefined : shortest;
}

function remainingSeconds(payload: string, { sentAt, serverDate }: ResponseTimes): number | undefined {
  const { exp, iat } = JSON.parse(payload) as { readonly exp?: unknown; readonly iat?: unknown };
  if (typeof exp !== 'number') return undefined;
  if (typeof iat !== 'number') return exp - (serverDate ?? sentAt);
  const isFresh =
    serverDate === undefined
      ? Math.abs(sentAt - iat) <= plausibleSkewSeconds
      : Math.abs(serverDate - iat) <= dateResolutionSeconds;
  return isFresh ? exp - iat : Math.min(exp - iat, exp - (serverDate ?? sentAt));
}

/**
 * `expires_in` as a number: servers send it as a number or as a numeric string. Undefined for anything else, and for a number
 * beyond the range of JavaScript.
 */
export function parseExpiresIn(value: unknown): number | undefined {
  const seconds =
    typeof value === 'string' && /^[+-]?\d+(?:\.\d+)?$/.test(value.trim()) ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds : undefined;
}
