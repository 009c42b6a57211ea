import type { Clock } from '../base/clock.ts';
import type { MaybePromise } from '../base/maybe-promise.ts';
import type { Allow } from './decision.ts';
import type { Policy } from './policy.ts';
import type { DecisionToken } from './token-source.ts';
import { toVerdict } from './verdict.ts';

/**
 * Replaces a decision whose token a resource has refused with 401 (RFC 6750 section 3.1): the same request may be repeated with
 * the new one. Undefined when no other token is available, or when its claims do not satisfy the policy.
 */
export type Renew = (refused: Allow) => MaybePromise<Allow | undefined>;

/** The decision's port to the source of new tokens. */
export type TokenRenewal = (refused: Pick<DecisionToken, 'value'>) => MaybePromise<DecisionToken | undefined>;

export function createRenew(policy: Policy, clientId: string, renewal: TokenRenewal, clock: Clock): Renew {
  const verdicts = new WeakMap<DecisionToken, Allow | undefined>();
  const judge = (token: DecisionToken | undefined): Allow | undefined => {
    if (token === undefined) return undefined;
    if (!verdicts.has(token)) {
      const verdict = toVerdict(policy, { clientId, presented: undefined }, token, clock);
      verdicts.set(token, verdict.allowed ? verdict : undefined);
    }
    return verdicts.get(token);
  };
  return ({ setHeaders }) => {
    const value = (setHeaders[1] ?? '').slice('Bearer '.length);
    const token = renewal({ value });
    return token instanceof Promise ? token.then(judge) : judge(token);
  };
}
