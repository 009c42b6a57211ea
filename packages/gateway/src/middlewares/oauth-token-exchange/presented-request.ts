import type { CredentialSource } from '@grantgate/middleware/credentials/credential-source';
import { isForwardedHeader } from '../../routing/is-forwarded-header.ts';
import { valueIn } from '../../http1/message/header-list.ts';
import type { StepRequest } from '../step.ts';

/**
 * The request from which the caller's token is read. If an earlier step, such as `jwt`, has authenticated the caller and removed the
 * token, this is the request as the caller sent it. A token that an earlier step has set takes precedence.
 */
export function toPresentedRequest(source: CredentialSource, request: StepRequest): StepRequest {
  // No earlier step has removed anything that this step may use.
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
