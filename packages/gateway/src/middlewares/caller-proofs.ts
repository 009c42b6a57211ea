import type { CallerProofs } from '@grantgate/middleware/jwt/binding';
import { certificateThumbprintOf } from './caller-step.ts';
import type { StepRequest } from './step.ts';

/** Evidence about the caller in a request. For external authorization, the proxy reports all of it, and there is no certificate. */
export const callerProofs: CallerProofs<StepRequest> = Object.freeze({
  certificateThumbprint: certificateThumbprintOf,
  proof: (request: StepRequest) => request.header('dpop'),
  method: ({ facts }: StepRequest) => facts.method,
  url(request: StepRequest) {
    const { scheme, authority, path } = request.facts;
    return `${request.header('x-forwarded-proto') ?? scheme}://${authority}${path}`;
  },
});
