import type { Clock } from '../base/clock.ts';
import type { Allow } from './decision.ts';
import type { PolicyResult } from './evaluate-policy.ts';
import type { Policy } from './policy.ts';

export interface AllowParts {
  readonly clientId: string;
  /** `Clock.monotonic()` milliseconds; undefined or `Infinity`: unknown. */
  readonly expiresAtMs: number | undefined;
  /** Header in which the server gets the credential, name and value; empty when the server does not get it. */
  readonly credential: readonly string[];
  readonly clock: Clock;
}

/** The decision on a client that satisfies a policy; made once per credential. */
export function toAllow(
  policy: Policy,
  { headers, username }: Extract<PolicyResult, { readonly kind: 'satisfied' }>,
  { clientId, expiresAtMs, credential, clock }: AllowParts,
): Allow {
  const isKnown = expiresAtMs !== undefined && expiresAtMs !== Infinity;
  return Object.freeze({
    allowed: true,
    subject: Object.freeze({
      clientId,
      username,
      expiresAt: isKnown ? Math.round(clock.now() + expiresAtMs - clock.monotonic()) : undefined,
    }),
    setHeaders: Object.freeze([...credential, ...headers]),
    removeHeaders: policy.removeHeaders,
  });
}
