import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import type { Allow, Decision, Deny } from '@grantgate/middleware/decision/decision';
import type { RequestFacts as DecisionFacts } from '@grantgate/middleware/decision/facts';
import type { Guard } from '../snapshot/snapshot.ts';

/** What came of several middlewares: the first refusal, or what each of them allows. */
export type Passed = Refused | readonly Allow[];

/** A refusal with the name of the middleware that it is from. */
export type Refused = Deny & { readonly middleware: string };

/** Asks one middleware after the other; each sees the `Authorization` that the one before has set. */
export function passGuards(guards: readonly Guard[], facts: DecisionFacts): MaybePromise<Passed> {
  const [only] = guards;
  if (only === undefined) return [];
  if (guards.length > 1) return passSeveral(guards, facts);
  const decision = only.decide(facts);
  return decision instanceof Promise
    ? decision.then((late) => toPassed(late, only))
    : toPassed(decision, only);
}

const toPassed = (decision: Decision, guard: Guard): Passed =>
  decision.allowed ? [decision] : toRefused(decision, guard);

const toRefused = (deny: Deny, { name }: Guard): Refused => ({ ...deny, middleware: name });

async function passSeveral(guards: readonly Guard[], facts: DecisionFacts): Promise<Passed> {
  const allows: Allow[] = [];
  let seen = facts;
  for (const guard of guards) {
    const decision = await guard.decide(seen);
    if (!decision.allowed) return toRefused(decision, guard);
    allows.push(decision);
    seen = { ...seen, authorization: decision.setHeaders[1] };
  }
  return allows;
}

/** Who the last middleware that names a user says it is. */
export function usernameOf(allows: readonly Allow[]): string | undefined {
  return allows.findLast(({ subject }) => subject.username !== undefined)?.subject.username;
}
