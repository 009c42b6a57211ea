import type { Deny } from './decision.ts';
import type { RefusalCode } from './refusal-code.ts';
import { createDeny } from './refusals.ts';
import type { DecisionTokenFailure } from './token-source.ts';

const codeOf: Readonly<Record<Exclude<DecisionTokenFailure['reason'], 'credentials_refused'>, RefusalCode>> =
  {
    request_rejected: 'token_request_rejected',
    response_invalid: 'token_response_invalid',
    unavailable: 'authorization_server_unavailable',
    timeout: 'authorization_server_timeout',
  };

/**
 * The refusal for a failed request to an authorization server.
 *
 * @param refused code to use when the server refused the client. @param clientId the client ID that the caller presented, if any.
 */
export function toFailureDeny(
  failure: DecisionTokenFailure,
  refused: RefusalCode,
  clientId: string | undefined,
): Deny {
  const code = failure.reason === 'credentials_refused' ? refused : codeOf[failure.reason];
  const { problem, errorDescription } = failure.response ?? {};
  const said = [problem, errorDescription].filter((text) => text !== undefined);
  const reason = said.length === 0 ? undefined : said.join(': ');
  return createDeny(code, failure.detail, failure.retryAfterSeconds, { clientId, reason });
}
