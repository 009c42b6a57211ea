import type { Clock } from '../base/clock.ts';
import type { TokenOutcome } from './access-token.ts';
import { attemptTokenRequest } from './attempt.ts';
import { createAutomaticClientAuth } from './client-auth/automatic.ts';
import type { Credential } from './credential.ts';
import type { TokenEndpoint, TokenEndpointOptions } from './endpoint.ts';
import { createTokenFailure } from './failure.ts';
import { retry } from './retry.ts';
import { createTransport } from './transport.ts';

export interface TokenEndpointParts {
  readonly clock: Clock;
  /** Source of the back-off's jitter; default `Math.random`. */
  readonly random?: () => number;
}

/**
 * Creates the client of one token endpoint: authentication method chosen automatically, retries with back-off, one
 * time-out per attempt.
 *
 * @throws Error of `node:tls` when a PEM text in `tls` cannot be used; options validation finds that first.
 * @see RFC 6749 section 4.4
 */
export function createTokenEndpoint(
  options: TokenEndpointOptions,
  { clock, random = Math.random }: TokenEndpointParts,
): TokenEndpoint {
  const transport = createTransport(options, clock);
  const clientAuth = createAutomaticClientAuth(clock);
  const retries = { clock, random, maxRetries: options.maxRetries };
  const underWay = new Set<Promise<TokenOutcome>>();
  let closing: Promise<void> | undefined;

  const obtain = (credential: Credential): Promise<TokenOutcome> =>
    clientAuth.run(credential.clientId, (method) =>
      retry(() => attemptTokenRequest(options, { transport, clock }, credential, method), retries),
    );

  return {
    async obtain(credential): Promise<TokenOutcome> {
      if (closing !== undefined)
        return createTokenFailure('unavailable', 'the connection to the token endpoint is closed');
      const outcome = obtain(credential);
      underWay.add(outcome);
      try {
        return await outcome;
      } finally {
        underWay.delete(outcome);
      }
    },
    close(): Promise<void> {
      // Retries that are still to come need the transport: all of a request is waited for, not only its current attempt.
      closing ??= Promise.allSettled(underWay).then(() => transport.close());
      return closing;
    },
  };
}
