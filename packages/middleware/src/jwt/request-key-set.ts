import type { Clock } from '../base/clock.ts';
import type { Secret } from '../base/secret.ts';
import { toFailedAttempt } from '../token/attempt.ts';
import { readLifetimeMs, revealAll } from '../token/discovery/request-metadata.ts';
import { createTokenFailure } from '../token/failure.ts';
import { parseRetryAfter } from '../token/retry-after.ts';
import type { Attempt } from '../token/retry.ts';
import type { Transport } from '../token/transport.ts';
import { readKeySet, type KeySet } from './key-set.ts';

/** How a key set is requested. */
export interface KeySetRequest {
  /** Absolute `https:` or `http:` URL. */
  readonly url: string;
  readonly headers: Readonly<Record<string, Secret>>;
  /** Time limit of each request in milliseconds, including the connection. */
  readonly timeoutMs: number;
}

/** A key set, and the time for which it may be used. */
export interface FreshKeySet {
  readonly kind: 'fresh';
  readonly set: KeySet;
  readonly lifetimeMs: number;
}

const server = 'the key set endpoint';

/** Requests a JWK Set once. A set without any usable key counts as invalid: it would refuse every caller. */
export async function requestKeySet(
  { url, headers, timeoutMs }: KeySetRequest,
  transport: Transport,
  clock: Clock,
): Promise<Attempt<FreshKeySet>> {
  const limit = new AbortController();
  const timer = clock.after(timeoutMs, () => limit.abort());
  const sent = {
    accept: 'application/jwk-set+json, application/json',
    'user-agent': 'grantgate',
    ...revealAll(headers),
  };
  try {
    const response = await transport.get(url, sent, limit.signal);
    const { status } = response;
    if (status !== 200) {
      const retryAfterSeconds = parseRetryAfter(response.headers.get('retry-after'), clock.now());
      const outcome = createTokenFailure('unavailable', `${server} responded with ${status}`, {
        retryAfterSeconds,
      });
      return { outcome, transient: status >= 500 || status === 408 || status === 429 };
    }
    const set = readKeySet(await response.text());
    if (set === undefined || set.keys.length === 0) {
      const why = set === undefined ? 'something that is not a JWK Set' : 'no key that can be used';
      return {
        outcome: createTokenFailure('response_invalid', `${server} responded with ${why}`),
        transient: false,
      };
    }
    return {
      outcome: { kind: 'fresh', set, lifetimeMs: readLifetimeMs(response.headers) },
      transient: false,
    };
  } catch (error) {
    return toFailedAttempt(error, server, limit.signal.aborted ? timeoutMs : undefined);
  } finally {
    timer.cancel();
  }
}
