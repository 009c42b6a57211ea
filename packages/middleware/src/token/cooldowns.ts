import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { createLru } from '../base/lru.ts';
import type { TokenOutcome } from './access-token.ts';
import type { Credential } from './credential.ts';
import { createTokenFailure, type TokenFailure } from './failure.ts';

export interface CooldownOptions {
  readonly clock: Clock;
  /** Returns a number in [0, 1), as `Math.random`, which is the default. */
  readonly random?: () => number;
  /** Credentials that are remembered, the latest kept; default 10,000. */
  readonly maxCredentials?: number;
}

/** Milliseconds that a cool-down lasts at most when the server names none: at first, doubled with each failure, and in the end. */
const firstMs = 1_000;
const longestMs = 30_000;
/** Failures in a row that make an outage; a 429 counts at once. */
const outageFailures = 5;

/**
 * Credentials whose token requests wait because the server said so (`Retry-After`, RFC 9110 section 10.2.3) or failed: what it answered
 * to one request of a credential concerns the next ones too. Kept by ID and secret, so that nobody can make a client wait without
 * knowing its secret.
 */
export interface Cooldowns {
  /** The failure to answer with, without a token request; undefined when a request may be made. */
  find(credential: Credential): TokenFailure | undefined;
  /** Called with the outcome of a token request, after all its attempts, and with each `Retry-After`. */
  note(credential: Credential, outcome: TokenOutcome): void;
}

interface Cooldown {
  readonly failure: TokenFailure;
  readonly untilMs: number;
  /** In a row. */
  readonly failures: number;
}

export function createCooldowns(options: CooldownOptions): Cooldowns {
  const { clock, random = Math.random, maxCredentials = 10_000 } = options;
  const cooldowns = createLru<string, Cooldown>(maxCredentials);
  const secretKey = randomBytes(32);
  const keyOf = ({ clientId, clientSecret }: Credential): string =>
    createHmac('sha256', secretKey)
      .update(JSON.stringify([clientId, clientSecret.reveal()]))
      .digest('base64url');

  /** @param failures in a row, this one included. */
  const durationMs = ({ retryAfterSeconds, response }: TokenFailure, failures: number): number => {
    if (retryAfterSeconds !== undefined) return retryAfterSeconds * 1000;
    const doublings = failures - (response?.status === 429 ? 1 : outageFailures);
    // A part of it at random, so that replicas do not come back together.
    return doublings < 0 ? 0 : Math.min(longestMs, firstMs * 2 ** doublings) * (0.5 + random() / 2);
  };

  return {
    find(credential) {
      if (cooldowns.size === 0) return undefined;
      const found = cooldowns.get(keyOf(credential));
      const leftMs = found === undefined ? 0 : found.untilMs - clock.monotonic();
      if (found === undefined || leftMs <= 0) return undefined;
      const { detail, response } = found.failure;
      const retryAfterSeconds = Math.ceil(leftMs / 1000);
      return createTokenFailure('unavailable', detail, { retryAfterSeconds, response, isLocal: true });
    },
    note(credential, outcome) {
      const isOutage =
        outcome.kind === 'failure' && (outcome.reason === 'unavailable' || outcome.reason === 'timeout');
      if (isOutage && outcome.isLocal === true) return;
      if (!isOutage) {
        if (cooldowns.size > 0) cooldowns.delete(keyOf(credential));
        return;
      }
      const key = keyOf(credential);
      const before = cooldowns.get(key);
      const now = clock.monotonic();
      // Of requests that failed together, the longest wait holds, and they count as one failure.
      const isSame = before !== undefined && before.untilMs > now;
      const failures = isSame ? before.failures : (before?.failures ?? 0) + 1;
      const untilMs = now + durationMs(outcome, failures);
      if (!isSame || untilMs > before.untilMs) cooldowns.set(key, { failure: outcome, untilMs, failures });
    },
  };
}
