import type { CredentialSource } from '@grantgate/middleware/credentials/credential-source';
import { isForwardedHeader } from '../../routing/is-forwarded-header.ts';
import { valueIn } from '../header-lists.ts';
import type { StepRequest } from '../step.ts';

/**
 * The request to read the caller's token from. A step that has authenticated the caller, such as `jwt`, has taken the token away from the
 * server: then it is the request as the caller sent it. A token that a step has put in its place comes first.
 */
export function toPresentedRequest(source: CredentialSource, request: StepRequest): StepRequest {
  // Nothing has been taken away that this step may have.
  if (request.subject === undefined || source.read(request).kind !== 'absent') return request;
  const { facts, authority, subject } = request;
  return {
    facts,
    authority,
    subject,
    authorization: facts.authorization,
    sharedHead: facts.reusesHeaders ? facts.rawHeaders : undefined,
    target: facts.target,
    header: (name) => (isForwardedHeader(name) ? request.header(name) : valueIn(facts.rawHeaders, name)),
    headers: () => request.headers(),
    bufferBody: (maxBytes) => request.bufferBody(maxBytes),
  };
}
