import type { Clock } from '../base/clock.ts';
import { systemClock } from '../base/clock.ts';
import type { Lru } from '../base/lru.ts';
import { createLru } from '../base/lru.ts';
import type { MaybePromise } from '../base/maybe-promise.ts';
import type { Secret } from '../base/secret.ts';
import type { BasicCredentials } from './basic-credentials.ts';
import { readBasicCredentials } from './basic-credentials.ts';
import type { Decision, DecisionFacts } from './decision.ts';
import { createJudgeToken, type JudgeToken } from './judge.ts';
import type { Policy } from './policy.ts';
import type { RefusalCode } from './refusal-code.ts';
import { toFailureDeny } from './failure-deny.ts';
import { createDeny } from './refusals.ts';
import type { DecisionTokenFailure, DecisionToken, DecisionTokenSource } from './token-source.ts';

/** Decides for one middleware. Synchronous when the token is in memory. */
export type Decide = (facts: DecisionFacts) => MaybePromise<Decision>;

interface ClientIdentity {
  readonly clientId: string;
  readonly clientSecret: Secret;
}

type CallerCredentials = Extract<BasicCredentials, { readonly kind: 'credential' }>;

/** Number of callers per middleware whose decoded credentials are cached, most recently used. */
const rememberedCallers = 10_000;

/** Application level: each caller brings its own client ID and secret. */
export function createApplicationDecide(
  policy: Policy,
  tokens: DecisionTokenSource,
  clock: Clock = systemClock,
  judgeToken: JudgeToken = createJudgeToken(policy, clock, undefined),
): Decide {
  const callers: Lru<string, CallerCredentials> = createLru(rememberedCallers);
  const judge = createJudge(judgeToken, 'credentials_refused', ({ clientId }) => clientId);
  return ({ authorization }) => {
    const known = authorization === undefined ? undefined : callers.get(authorization);
    const read = known ?? readBasicCredentials(authorization);
    if (read.kind !== 'credential') return createDeny(`credentials_${read.kind}`, read.detail);
    const outcome = tokens.get(read);
    if (known !== undefined && !(outcome instanceof Promise) && outcome.kind === 'token')
      return judge(known, outcome);
    // Cached only once it has obtained a token, so that guesses do not evict working callers; removed when refused.
    const remember = (result: DecisionToken | DecisionTokenFailure): MaybePromise<Decision> => {
      if (authorization !== undefined) {
        if (result.kind === 'token') callers.set(authorization, read);
        else if (result.reason === 'credentials_refused') callers.delete(authorization);
      }
      return judge(read, result);
    };
    return outcome instanceof Promise ? outcome.then(remember) : remember(outcome);
  };
}

/** Gateway level: the gateway's own client ID and secret; the caller's headers are ignored. */
export function createGatewayDecide(
  policy: Policy,
  tokens: DecisionTokenSource,
  own: ClientIdentity,
  clock: Clock = systemClock,
  judgeToken: JudgeToken = createJudgeToken(policy, clock, undefined),
): Decide {
  const judge = createJudge(judgeToken, 'gateway_credentials_refused', () => undefined);
  return () => judge(own, tokens.get(own));
}

type Judge = (
  identity: ClientIdentity,
  outcome: MaybePromise<DecisionToken | DecisionTokenFailure>,
) => MaybePromise<Decision>;

/** @param presentedBy the client ID that a caller presented; undefined at gateway level. */
function createJudge(
  judgeToken: JudgeToken,
  refused: RefusalCode,
  presentedBy: (identity: ClientIdentity) => string | undefined,
): Judge {
  const settle = (
    identity: ClientIdentity,
    outcome: DecisionToken | DecisionTokenFailure,
  ): MaybePromise<Decision> =>
    outcome.kind === 'failure'
      ? toFailureDeny(outcome, refused, presentedBy(identity))
      : (judgeToken.cached(outcome) ??
        judgeToken.decide({ clientId: identity.clientId, presented: presentedBy(identity) }, outcome));
  return (identity, outcome) =>
    outcome instanceof Promise ? outcome.then((late) => settle(identity, late)) : settle(identity, outcome);
}
