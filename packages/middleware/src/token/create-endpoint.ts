import type { Clock } from '../base/clock.ts';
import type { Tracing } from '../base/tracing.ts';
import { attemptTokenRequest } from './attempt.ts';
import type { TokenEndpoint, TokenEndpointOptions } from './endpoint.ts';
import { createEndpointClient } from './endpoint-client.ts';
import type { EndpointState } from './endpoint-state.ts';
import type { OnGrant } from './token-response.ts';

export interface TokenEndpointParts {
  readonly clock: Clock;
  /** Source of the back-off's jitter; default `Math.random`. */
  readonly random?: () => number;
  /** Shared by all users of the endpoint, and closed by its owner; default: a state that closes with the endpoint. */
  readonly state?: EndpointState | undefined;
  /** Source of proxies; default: the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Default: token requests are not traced. */
  readonly tracing?: Tracing | undefined;
  /** Called with the body of each response that grants a token. */
  readonly onGrant?: OnGrant | undefined;
}

/** Creates the client of one token endpoint. @see RFC 6749 section 4.4 */
export function createTokenEndpoint(
  options: TokenEndpointOptions,
  { onGrant, ...parts }: TokenEndpointParts,
): TokenEndpoint {
  const { clock } = parts;
  const client = createEndpointClient(options, {
    ...parts,
    send: ({ client: credential }, clientAuth, transport) =>
      attemptTokenRequest(options, { transport, clock, onGrant }, credential, clientAuth),
  });
  return {
    obtain: (credential) => client.obtain({ client: credential, subject: credential }),
    close: () => client.close(),
  };
}
