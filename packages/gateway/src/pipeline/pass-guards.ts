import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import type { Allow, Decision, Deny } from '@grantgate/middleware/decision/decision';
import type { RequestFacts as DecisionFacts } from '@grantgate/middleware/decision/facts';
import type { Guard } from '../snapshot/snapshot.ts';

/** What came of several middlewares: the first refusal, or what each of them allows. */
export type Passed = Deny | readonly Allow[];

/** Asks one middleware after the other; each sees the `Authorization` that the one before has set. */
export function passGuards(guards: readonly Guard[], facts: DecisionFacts): MaybePromise<Passed> {
  const [only] = guards;
  if (only === undefined) return [];
  if (guards.length > 1) return passSeveral(guards, facts);
  const decision = only.decide(facts);
  return decision instanceof Promise ? decision.then(toPassed) : toPassed(decision);
}

const toPassed = (decision: Decision): Passed => (decision.allowed ? [decision] : decision);

async function passSeveral(guards: readonly Guard[], facts: DecisionFacts): Promise<Passed> {
  const allows: Allow[] = [];
  let seen = facts;
  for (const guard of guards) {
    const decision = await guard.decide(seen);
    if (!decision.allowed) return decision;
    allows.push(decision);
    seen = { ...seen, authorization: decision.setHeaders[1] };
  }
  return allows;
}

/** Who the last middleware that names a user says it is. */
export function usernameOf(allows: readonly Allow[]): string | undefined {
  return allows.findLast(({ subject }) => subject.username !== undefined)?.subject.username;
}
