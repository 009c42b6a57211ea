import type { MaybePromise } from '../base/maybe-promise.ts';
import type { Allow, Decision } from './decision.ts';
import type { JudgeToken } from './judge.ts';
import type { DecisionToken } from './token-source.ts';

/**
 * Replaces a decision whose token a resource has refused with 401 (RFC 6750 section 3.1): the same request may be repeated with
 * the new one. Undefined when no other token is available, or when its claims do not satisfy the policy.
 */
export type Renew = (refused: Allow) => MaybePromise<Allow | undefined>;

/** The decision's port to the source of new tokens. */
export type TokenRenewal = (refused: Pick<DecisionToken, 'value'>) => MaybePromise<DecisionToken | undefined>;

export function createRenew(judgeToken: JudgeToken, clientId: string, renewal: TokenRenewal): Renew {
  const client = { clientId, presented: undefined };
  const toAllow = (verdict: Decision): Allow | undefined => (verdict.allowed ? verdict : undefined);
  const judge = (token: DecisionToken | undefined): MaybePromise<Allow | undefined> => {
    const verdict = token && (judgeToken.cached(token) ?? judgeToken.decide(client, token));
    return verdict instanceof Promise ? verdict.then(toAllow) : verdict && toAllow(verdict);
  };
  return ({ setHeaders }) => {
    const value = (setHeaders[1] ?? '').slice('Bearer '.length);
    const token = renewal({ value });
    return token instanceof Promise ? token.then(judge) : judge(token);
  };
}
