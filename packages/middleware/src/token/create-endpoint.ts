import type { Clock } from '../base/clock.ts';
import { createLru } from '../base/lru.ts';
import type { TokenOutcome } from './access-token.ts';
import { attemptTokenRequest } from './attempt.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';
import { createAutomaticClientAuth } from './client-auth/automatic.ts';
import type { Credential } from './credential.ts';
import type { TokenEndpoint, TokenEndpointOptions } from './endpoint.ts';
import { createTokenFailure, type TokenFailure, type TokenFailureReason } from './failure.ts';
import { createRequestQueue } from './request-queue.ts';
import { retry, type Attempt } from './retry.ts';
import { createTransport } from './transport.ts';

export interface TokenEndpointParts {
  readonly clock: Clock;
  /** Source of the back-off's jitter; default `Math.random`. */
  readonly random?: () => number;
}

/** Clients that have had a token, the most recently used remembered. */
const rememberedClients = 10_000;

/**
 * Creates the client of one token endpoint: authentication method chosen automatically, retries with back-off, one
 * time-out per attempt, a bounded number of requests at once, and none while the endpoint does not respond.
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

  const queue = createRequestQueue({ clock, maxConcurrent: options.maxConcurrent });
  const breaker = createCircuitBreaker({ clock, random });
  const clients = createLru<string, true>(rememberedClients);

  const request = (credential: Credential, isKnown: boolean): Promise<TokenOutcome> =>
    clientAuth.run(credential.clientId, (method) =>
      retry(async () => {
        const send = (): Promise<Attempt> =>
          attemptTokenRequest(options, { transport, clock }, credential, method);
        return (await queue.run(credential.clientId, isKnown, send)) ?? turnedAway;
      }, retries),
    );

  const obtain = async (credential: Credential): Promise<TokenOutcome> => {
    const { clientId } = credential;
    const suspendedMs = breaker.pass();
    if (suspendedMs > 0) return createSuspension(suspendedMs);
    const isKnown = clients.get(clientId) === true;
    let outcome: TokenOutcome | undefined;
    try {
      outcome = await request(credential, isKnown);
    } finally {
      const isDown = outcome?.kind !== 'token' && isServerFault(outcome?.reason);
      if (outcome !== undefined && !isDown) breaker.succeeded();
      // A stranger may send what makes a server fail: that says nothing about the server.
      else if (outcome !== undefined && isKnown) breaker.failed();
      else breaker.released();
    }
    if (outcome.kind === 'token') clients.set(clientId, true);
    return outcome;
  };

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

const isServerFault = (reason: TokenFailureReason | undefined): boolean =>
  reason === 'unavailable' || reason === 'timeout';

const turnedAway: Attempt = Object.freeze({
  outcome: createTokenFailure('unavailable', 'too many token requests are waiting', { retryAfterSeconds: 1 }),
  transient: false,
});

const createSuspension = (ms: number): TokenFailure =>
  createTokenFailure('unavailable', 'token requests are suspended: the last ones got no response', {
    retryAfterSeconds: Math.ceil(ms / 1000),
  });
