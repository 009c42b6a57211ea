import type { Clock } from '../base/clock.ts';
import type { MaybePromise } from '../base/maybe-promise.ts';
import type { Claims } from '../claims/claims.ts';
import type { Decision, Deny } from './decision.ts';
import { toFailureDeny } from './failure-deny.ts';
import type { Policy } from './policy.ts';
import { createDeny } from './refusals.ts';
import type { DecisionToken, DecisionTokenFailure } from './token-source.ts';
import { toVerdict, type TokenClient } from './verdict.ts';

/** Result of verifying a token: its claims, or the reason for its rejection, for operators. */
export type TokenVerification =
  | {
      readonly kind: 'verified';
      readonly claims: Claims;
      /** Trust in the key that verified the token, shared with other tokens of that key; undefined: trusted until the token expires. */
      readonly trust?: { readonly isCurrent: boolean } | undefined;
    }
  | { readonly kind: 'refused'; readonly reason: string }
  | DecisionTokenFailure;

/** Verifies a token from an authorization server. Never rejects. */
export type VerifyToken = (token: DecisionToken) => Promise<TokenVerification>;

/** Decides on tokens. */
export interface JudgeToken {
  /** Cached decision on a token; undefined for other tokens, and once the token's key is withdrawn. Allocates nothing. */
  cached(token: DecisionToken): Decision | undefined;
  /** Synchronous when there is nothing to verify. */
  decide(client: TokenClient, token: DecisionToken): MaybePromise<Decision>;
}

/** Milliseconds for which a token that could not be verified is refused without another attempt. */
const refusedMs = 5_000;

/**
 * Decides on tokens under one policy. The decision lives as long as both the token and this policy: a token is verified and evaluated
 * once, however many requests use it at the same time.
 *
 * @param verify undefined: tokens are trusted as received from the server.
 * @param onWithdrawn called when a verified token loses its trust because its key was withdrawn.
 */
export function createJudgeToken(
  policy: Policy,
  clock: Clock,
  verify: VerifyToken | undefined,
  onWithdrawn: (clientId: string) => void = () => {},
): JudgeToken {
  const verdicts = new WeakMap<DecisionToken, Decision>();
  const trusts = new WeakMap<DecisionToken, { readonly isCurrent: boolean }>();
  const refusals = new WeakMap<DecisionToken, { readonly deny: Deny; readonly untilMs: number }>();
  const flights = new WeakMap<DecisionToken, Promise<Decision>>();
  const keep = (token: DecisionToken, verdict: Decision): Decision => {
    verdicts.set(token, verdict);
    return verdict;
  };
  const settle = (client: TokenClient, token: DecisionToken, result: TokenVerification): Decision => {
    if (result.kind === 'verified') {
      if (result.trust !== undefined) trusts.set(token, result.trust);
      return keep(token, toVerdict(policy, client, token, clock, result.claims));
    }
    const deny =
      result.kind === 'failure'
        ? toFailureDeny(result, 'gateway_credentials_refused', client.presented)
        : createDeny(
            'token_response_invalid',
            'The access token of the authorization server could not be verified.',
            undefined,
            { clientId: client.presented, reason: result.reason },
          );
    if (result.kind === 'refused') {
      refusals.set(token, { deny, untilMs: clock.monotonic() + refusedMs });
      if (trusts.delete(token)) onWithdrawn(client.clientId);
    }
    return deny;
  };
  const decide: JudgeToken['decide'] = (client, token) => {
    if (verify === undefined) return keep(token, toVerdict(policy, client, token, clock));
    const refused = refusals.get(token);
    if (refused !== undefined && clock.monotonic() < refused.untilMs) return refused.deny;
    let flight = flights.get(token);
    if (flight === undefined) {
      flight = verify(token)
        .then((result) => settle(client, token, result))
        .finally(() => flights.delete(token));
      flights.set(token, flight);
    }
    return flight;
  };
  const cached: JudgeToken['cached'] =
    verify === undefined
      ? (token) => verdicts.get(token)
      : (token) => (trusts.get(token)?.isCurrent === false ? undefined : verdicts.get(token));
  return { cached, decide };
}
