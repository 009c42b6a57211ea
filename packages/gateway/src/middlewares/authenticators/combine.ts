import { createDeny } from '@grantgate/middleware/decision/refusals';
import type { StepRefusal } from '../refusal.ts';
import type { Step, StepCredentials, StepRequest, StepResult } from '../step.ts';

interface MemberStep {
  readonly step: Step;
  readonly credentials: StepCredentials;
}

/**
 * Combines several authenticating steps into one. The first that recognises a credential decides, and its refusal is final. The
 * server does not get the credentials of the others, which have not been verified.
 */
export function combineAuthenticators(name: string, members: readonly Step[]): Step {
  const all = members.flatMap((step): readonly MemberStep[] =>
    step.credentials === undefined ? [] : [{ step, credentials: step.credentials }],
  );
  const clean = (result: StepResult, decider: MemberStep, request: StepRequest): StepResult => {
    if (!result.allowed) return result;
    let pass = result;
    for (const member of all) if (member !== decider) pass = member.credentials.remove(pass, request);
    return pass;
  };
  return Object.freeze({
    name,
    onRequest(request) {
      const decider = all.find(({ credentials }) => credentials.recognises(request));
      if (decider === undefined) return refuseAll(all, request);
      const result = decider.step.onRequest(request);
      return result instanceof Promise
        ? result.then((late) => clean(late, decider, request))
        : clean(result, decider, request);
    },
    credentials: {
      recognises: (request) => all.some(({ credentials }) => credentials.recognises(request)),
      remove: (pass, request) =>
        all.reduce((removed, { credentials }) => credentials.remove(removed, request), pass),
    },
    rewritesTarget: all.some(({ step }) => step.rewritesTarget === true),
    secretNames: new Set(all.flatMap(({ step }) => [...(step.secretNames ?? [])])),
  } satisfies Step);
}

/** One refusal with the challenge of each member (RFC 9110 section 11.6.1). */
function refuseAll(all: readonly MemberStep[], request: StepRequest): StepRefusal {
  const refusals = all.flatMap(({ step }) => {
    const result = step.onRequest(request);
    return !(result instanceof Promise) && 'code' in result ? [result] : [];
  });
  const challenges = refusals.flatMap(({ challenge }) => challenge ?? []);
  return createDeny('credentials_missing', refusals.map(({ detail }) => detail).join(' Or: '), undefined, {
    challenge: [...new Set(challenges)].join(', '),
  });
}
