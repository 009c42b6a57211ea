import type { Clock } from '../base/clock.ts';
import type { MaybePromise } from '../base/maybe-promise.ts';
import type { AccessToken, TokenOutcome } from '../token/access-token.ts';
import type { Credential } from '../token/credential.ts';
import type { CachedTokens } from './token-cache.ts';

/**
 * Replaces a token that a resource has refused with 401. Undefined when no other token is available, or when the last renewal
 * of this credential is less than ten seconds old: a resource that refuses every token must not flood the authorization server.
 * There is one token request for all waiting callers.
 */
export type Renewal = (refused: Pick<AccessToken, 'value'>) => MaybePromise<AccessToken | undefined>;

/** Milliseconds between two renewals of one credential in response to refusals by resources. */
const renewEveryMs = 10_000;

export function createRenewal(
  tokens: Pick<CachedTokens, 'get' | 'renew'>,
  credential: Credential,
  clock: Clock,
): Renewal {
  let renewedAtMs = -Infinity;
  let underWay: Promise<TokenOutcome> | undefined;
  const start = (refused: Pick<AccessToken, 'value'>): MaybePromise<TokenOutcome> => {
    renewedAtMs = clock.monotonic();
    const outcome = tokens.renew(credential, refused);
    if (!(outcome instanceof Promise)) return outcome;
    underWay = outcome.finally(() => (underWay = undefined));
    return underWay;
  };
  return (refused) => {
    const toOther = (outcome: TokenOutcome): AccessToken | undefined =>
      outcome.kind === 'token' && outcome.value !== refused.value ? outcome : undefined;
    if (underWay !== undefined) return underWay.then(toOther);
    const current = tokens.get(credential);
    const other = current instanceof Promise ? undefined : toOther(current);
    if (other !== undefined) return other;
    if (clock.monotonic() - renewedAtMs < renewEveryMs) return undefined;
    const outcome = start(refused);
    return outcome instanceof Promise ? outcome.then(toOther) : toOther(outcome);
  };
}
