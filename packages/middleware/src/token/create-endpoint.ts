import type { Clock } from '../base/clock.ts';
import type { TokenOutcome } from './access-token.ts';
import { attemptTokenRequest } from './attempt.ts';
import type { RequestResult } from './circuit-breaker.ts';
import { createFixedClientAuth } from './client-auth/automatic.ts';
import { createClientAuthFactory } from './client-auth/method.ts';
import type { Credential } from './credential.ts';
import type { TokenEndpoint, TokenEndpointOptions } from './endpoint.ts';
import { createEndpointState, type EndpointState } from './endpoint-state.ts';
import { createTokenFailure, type TokenFailure } from './failure.ts';
import { retry, type Attempt } from './retry.ts';
import type { OnGrant } from './token-response.ts';

export interface TokenEndpointParts {
  readonly clock: Clock;
  /** Source of the back-off's jitter; default `Math.random`. */
  readonly random?: () => number;
  /** Shared with all that use the endpoint, and closed by its owner; default: a state that closes with the endpoint. */
  readonly state?: EndpointState | undefined;
  /** Where proxies are read from; default: the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Called with the body of each response that grants a token. */
  readonly onGrant?: OnGrant | undefined;
}

/**
 * Creates the client of one token endpoint: authentication method chosen automatically, retries with back-off, one
 * time-out per attempt, a bounded number of requests at once, and none while the endpoint does not respond.
 *
 * @see RFC 6749 section 4.4
 */
export function createTokenEndpoint(
  options: TokenEndpointOptions,
  { clock, random = Math.random, state, onGrant, env }: TokenEndpointParts,
): TokenEndpoint {
  const { transport, queue, breaker, clients, cooldowns, automaticAuth } =
    state ?? createEndpointState(options, { clock, random, env });
  const request = createTokenRequests(options, {
    transport,
    queue,
    cooldowns,
    automaticAuth,
    clock,
    random,
    onGrant,
  });
  const obtain = async (credential: Credential): Promise<TokenOutcome> => {
    const { clientId } = credential;
    const cooling = cooldowns.find(credential);
    if (cooling !== undefined) return cooling;
    const isKnown = clients.get(clientId) === true;
    // A stranger may send what makes a server fail: that says nothing about the server.
    const report = breaker.enter(isKnown);
    if (typeof report === 'number') return createSuspension(report);
    let outcome: TokenOutcome | undefined;
    try {
      outcome = await request(credential, isKnown);
    } finally {
      report(outcome === undefined ? 'undecided' : toResult(outcome));
    }
    if (outcome.kind === 'token') clients.set(clientId, true);
    cooldowns.note(credential, outcome);
    // The wait that follows from a 429 is known even if the server named none.
    return outcome.kind === 'failure' && outcome.response?.status === 429
      ? Object.freeze({ ...outcome, retryAfterSeconds: cooldowns.find(credential)?.retryAfterSeconds })
      : outcome;
  };

  const underWay = new Set<Promise<TokenOutcome>>();
  let closing: Promise<void> | undefined;
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
      closing ??= Promise.allSettled(underWay).then(() =>
        state === undefined ? transport.close() : undefined,
      );
      return closing;
    },
  };
}

/** Requests a token: the methods of authentication that are tried, the retries of each, the queue that all go through. */
function createTokenRequests(
  options: TokenEndpointOptions,
  { transport, queue, cooldowns, automaticAuth, clock, random, onGrant }: TokenRequestParts,
): (credential: Credential, isKnown: boolean) => Promise<TokenOutcome> {
  const { clientAuthentication } = options;
  const methods =
    clientAuthentication === 'auto' ? automaticAuth : createFixedClientAuth(clientAuthentication);
  const clientAuth = createClientAuthFactory(options.assertion, clock);
  const retries = { clock, random, maxRetries: options.maxRetries };
  const trial = {
    ...retries,
    isFinal: (outcome: TokenFailure, retried: number): boolean =>
      isMethodInDoubt(outcome, retried >= options.maxRetries - 1),
  };
  return (credential, isKnown) =>
    methods.run(
      credential.clientId,
      (method, next) =>
        retry(
          async () => {
            const send = (): Promise<Attempt> =>
              attemptTokenRequest(
                options,
                { transport, clock, onGrant },
                credential,
                clientAuth(method, credential.clientSecret),
              );
            const attempt = (await queue.run(credential.clientId, isKnown, send)) ?? turnedAway;
            const { outcome } = attempt;
            if (outcome.kind === 'failure' && outcome.retryAfterSeconds !== undefined)
              cooldowns.note(credential, outcome);
            return attempt;
          },
          next === 'nothing' ? { ...retries, maxRetries: 0 } : next === 'retries' ? retries : trial,
        ),
      options.firstMethod,
    );
}

type TokenRequestParts = Pick<EndpointState, 'transport' | 'queue' | 'cooldowns' | 'automaticAuth'> & {
  readonly clock: Clock;
  readonly random: () => number;
  readonly onGrant: OnGrant | undefined;
};

const turnedAway: Attempt = Object.freeze({
  outcome: createTokenFailure('unavailable', 'too many token requests are waiting', {
    retryAfterSeconds: 1,
    isLocal: true,
  }),
  transient: false,
});

const isMethodInDoubt = ({ methodDoubt }: TokenFailure, isLastRetry: boolean): boolean =>
  methodDoubt === 'strong' || (methodDoubt === 'weak' && isLastRetry);

/** What an outcome says about the server: one that limits or refuses a client is well. */
function toResult(outcome: TokenOutcome): RequestResult {
  if (outcome.kind === 'token') return 'succeeded';
  if (outcome.isLocal === true) return 'undecided';
  if (outcome.response !== undefined) return outcome.response.status >= 500 ? 'failed' : 'succeeded';
  return outcome.reason === 'unavailable' || outcome.reason === 'timeout' ? 'failed' : 'succeeded';
}

const createSuspension = (ms: number): TokenFailure =>
  createTokenFailure('unavailable', 'token requests are suspended after repeated failures', {
    retryAfterSeconds: Math.ceil(ms / 1000),
    isLocal: true,
  });
