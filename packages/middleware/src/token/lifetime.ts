/** The longest lifetime that is believed, in seconds: a year. */
const longestSeconds = 365 * 24 * 3600;

/**
 * Seconds for which a token may be used after it was asked for: the shorter of `expires_in` (RFC 6749 section 5.1) and
 * the JWT's own `exp - iat` (RFC 7519 section 4.1), so that a clock that disagrees with the server's does no harm; `exp`
 * is held against our clock only without `iat`. Undefined when none is known or the shorter is not positive: such a token
 * is good for the requests that wait for it, not for keeping. At most a year.
 *
 * @param expiresIn number of seconds, when the answer has it.
 * @param payload the JWT's payload as JSON text, when the token is one.
 * @param nowMs milliseconds since the epoch.
 */
export function lifetimeSeconds(
  expiresIn: number | undefined,
  payload: string | undefined,
  nowMs: number,
): number | undefined {
  const shortest = Math.min(
    expiresIn ?? Infinity,
    payload === undefined ? Infinity : (jwtSeconds(payload, nowMs) ?? Infinity),
  );
  return shortest === Infinity || shortest <= 0 ? undefined : Math.min(longestSeconds, shortest);
}

function jwtSeconds(payload: string, nowMs: number): number | undefined {
  const { exp, iat } = JSON.parse(payload) as { readonly exp?: unknown; readonly iat?: unknown };
  if (typeof exp !== 'number') return undefined;
  return exp - (typeof iat === 'number' ? iat : nowMs / 1000);
}

/** `expires_in` as a number: servers send it as a number or as a numeric string. Undefined for anything else. */
export function parseExpiresIn(value: unknown): number | undefined {
  const seconds =
    typeof value === 'string' && /^[+-]?\d+(?:\.\d+)?$/.test(value.trim()) ? Number(value) : value;
  return typeof seconds === 'number' ? seconds : undefined;
}
