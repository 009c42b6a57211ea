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
  /** Maximum number of remembered credentials, the latest ones; default 10,000. */
  readonly maxCredentials?: number;
}

/**
 * Maximum duration of a cool-down in milliseconds when the server names none: of the first, doubled with each failure, and of
 * the last.
 */
const firstMs = 1_000;
const longestMs = 30_000;
/** Failures in a row that count as an outage; a 429 counts at once. */
const outageFailures = 5;

/**
 * Credentials whose token requests wait because the server said so (`Retry-After`, RFC 9110 section 10.2.3) or failed: the
 * response to one request of a credential applies to the next ones too. Keyed by ID and secret, so that nobody can make a
 * client wait without its secret.
 */
export interface Cooldowns {
  /** The failure to respond with, without a token request; undefined when a request may be sent. */
  find(credential: Credential): TokenFailure | undefined;
  /** Called with the outcome of a token request, after all its attempts, and with each `Retry-After`. */
  note(credential: Credential, outcome: TokenOutcome): void;
  /** How many credentials wait, and the milliseconds until the last of them may be used. */
  inForce(): { readonly credentials: number; readonly leftMs: number };
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

  /** @param failures in a row, including this one. */
  const durationMs = ({ retryAfterSeconds, response }: TokenFailure, failures: number): number => {
    if (retryAfterSeconds !== undefined) return retryAfterSeconds * 1000;
    const doublings = failures - (response?.status === 429 ? 1 : outageFailures);
    // Partly random, so that replicas do not resume at the same time.
    return doublings < 0 ? 0 : Math.min(longestMs, firstMs * 2 ** doublings) * (0.5 + random() / 2);
  };

  return {
    inForce() {
      const now = clock.monotonic();
      let credentials = 0;
      let leftMs = 0;
      cooldowns.forEach(({ untilMs }) => {
        if (untilMs <= now) return;
        credentials += 1;
        leftMs = Math.max(leftMs, untilMs - now);
      });
      return { credentials, leftMs };
    },
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
      // Requests that failed together count as one failure, with the longest of their waits.
      const isSame = before !== undefined && before.untilMs > now;
      const failures = isSame ? before.failures : (before?.failures ?? 0) + 1;
      const untilMs = now + durationMs(outcome, failures);
      if (!isSame || untilMs > before.untilMs) cooldowns.set(key, { failure: outcome, untilMs, failures });
    },
  };
}
