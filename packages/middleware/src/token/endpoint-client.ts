import type { ClientAuthMethod } from '../base/client-auth-method.ts';
import type { Clock } from '../base/clock.ts';
import type { Tracing } from '../base/tracing.ts';
import type { AccessToken, TokenOutcome } from './access-token.ts';
import type { RequestResult } from './circuit-breaker.ts';
import type { ClientAuth } from 'oauth4webapi';
import { createFixedClientAuth } from './client-auth/automatic.ts';
import { createClientAuthFactory } from './client-auth/method.ts';
import type { Credential } from './credential.ts';
import type { ServerEndpointOptions } from './endpoint.ts';
import { createEndpointState, type EndpointState } from './endpoint-state.ts';
import { createTokenFailure, type TokenFailure } from './failure.ts';
import { retry, type Attempt } from './retry.ts';
import { traceRequests, traceRetries, traceTransport } from './trace-endpoint.ts';
import type { Transport } from './transport.ts';

/** A request at an endpoint: the client that authenticates, and the subject on whose behalf it acts. */
export interface EndpointRequest {
  readonly client: Credential;
  /**
   * The client itself, or a caller's token under a name that does not reveal it. Many guesses of callers take
   * no slots from tokens that the server has accepted, and do not suspend requests for accepted tokens.
   */
  readonly subject: Credential;
  /** Token of the client itself, which acts for the subject (RFC 8693 section 1.1); undefined: none. */
  readonly actor?: Credential | undefined;
}

/** Sends one request and reads the response; failures are values. */
export type SendAttempt = (
  request: EndpointRequest,
  clientAuth: ClientAuth,
  transport: Transport,
) => Promise<Attempt>;

export interface EndpointClientParts {
  readonly clock: Clock;
  /** Source of the back-off's jitter; default `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Shared by all users of the endpoint, and closed by its owner; default: a state that closes with the endpoint. */
  readonly state?: EndpointState | undefined;
  /** Source of proxies; default: the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly send: SendAttempt;
  /** Whether a response shows that the server accepts the subject; default: true for every response except a failure. */
  readonly accepts?: ((token: AccessToken) => boolean) | undefined;
  /** Default: requests are not traced. */
  readonly tracing?: Tracing | undefined;
  /** Of each request, with its retries. Default: `token request`. */
  readonly spanName?: string | undefined;
}

/** Requests at one endpoint of an authorization server, with retries; failures of a server do not throw. */
export interface EndpointClient {
  obtain(request: EndpointRequest): Promise<TokenOutcome>;
  /** Closes its connections after requests in flight. */
  close(): Promise<void>;
}

/**
 * Creates the client of one endpoint: authentication method chosen automatically, retries with back-off, one time-out per attempt, a
 * bounded number of requests at once, and none while the endpoint does not respond.
 */
export function createEndpointClient(
  options: ServerEndpointOptions,
  {
    clock,
    random = Math.random,
    state,
    send,
    env,
    accepts = () => true,
    tracing,
    spanName = 'token request',
  }: EndpointClientParts,
): EndpointClient {
  const own = state ?? createEndpointState(options, { clock, random, env });
  const { transport, breaker, clients, cooldowns, journal } = own;
  const request = createRequests(options, {
    ...own,
    transport: traceTransport(transport, tracing),
    clock,
    random,
    send,
    tracing,
  });
  const obtain = async (asked: EndpointRequest): Promise<TokenOutcome> => {
    const { client, subject } = asked;
    const cooling = cooldowns.find(client) ?? (subject === client ? undefined : cooldowns.find(subject));
    if (cooling !== undefined) return cooling;
    const isKnown = clients.get(subject.clientId) === true;
    // An unknown client may send a request that makes the server fail; that is no evidence about the server.
    const report = breaker.enter(isKnown);
    if (typeof report === 'number') return createSuspension(report);
    let outcome: TokenOutcome | undefined;
    const begunMs = clock.monotonic();
    try {
      outcome = await request(asked, isKnown);
    } finally {
      report(outcome === undefined ? 'undecided' : toResult(outcome));
    }
    if (outcome.kind === 'token' && accepts(outcome)) clients.set(subject.clientId, true);
    noteOutcome(cooldowns, asked, outcome);
    if (outcome.kind === 'token' || outcome.isLocal !== true)
      journal.note(client.clientId, outcome, clock.monotonic() - begunMs);
    // A 429 makes the client wait even if the server named no time.
    return isLimit(outcome)
      ? Object.freeze({ ...outcome, retryAfterSeconds: cooldowns.find(client)?.retryAfterSeconds })
      : outcome;
  };

  const traced = { name: spanName, method: 'POST', url: options.url } as const;
  const obtainNow = tracing === undefined ? obtain : traceRequests(obtain, traced, tracing);
  const underWay = new Set<Promise<TokenOutcome>>();
  let closing: Promise<void> | undefined;
  return {
    async obtain(asked): Promise<TokenOutcome> {
      if (closing !== undefined)
        return createTokenFailure('unavailable', 'the connection to the authorization server is closed');
      const outcome = obtainNow(asked);
      underWay.add(outcome);
      try {
        return await outcome;
      } finally {
        underWay.delete(outcome);
      }
    },
    close(): Promise<void> {
      // Later retries need the transport, so it stays open for the whole request and not only for its current attempt.
      closing ??= Promise.allSettled(underWay).then(() =>
        state === undefined ? transport.close() : undefined,
      );
      return closing;
    },
  };
}

const isLimit = (outcome: TokenOutcome): outcome is TokenFailure =>
  outcome.kind === 'failure' && outcome.response?.status === 429;

/** A limit that the server named applies to the client; a failure without one may be due to the subject alone. */
function noteOutcome(
  cooldowns: EndpointState['cooldowns'],
  { client, subject }: EndpointRequest,
  outcome: TokenOutcome,
): void {
  const isNamed = outcome.kind === 'token' || outcome.retryAfterSeconds !== undefined || isLimit(outcome);
  if (isNamed || subject === client) cooldowns.note(client, outcome);
  if (subject !== client) cooldowns.note(subject, outcome);
}

/** The authentication methods to try, the retries of each, and the queue that all attempts share. */
function createRequests(
  options: ServerEndpointOptions,
  { transport, queue, cooldowns, automaticAuth, clock, random, send, tracing }: RequestParts,
): (request: EndpointRequest, isKnown: boolean) => Promise<TokenOutcome> {
  const { clientAuthentication } = options;
  const methods =
    clientAuthentication === 'auto' ? automaticAuth : createFixedClientAuth(clientAuthentication);
  const clientAuth = createClientAuthFactory(options.assertion, clock);
  const onRetry = traceRetries(tracing);
  const retries = { clock, random, maxRetries: options.maxRetries, onRetry };
  const trial = {
    ...retries,
    isFinal: (outcome: TokenFailure, retried: number): boolean =>
      isMethodInDoubt(outcome, retried >= options.maxRetries - 1),
  };
  return (request, isKnown) => {
    const { client, subject } = request;
    const attemptWith = async (method: ClientAuthMethod): Promise<Attempt> => {
      const sendNow = (): Promise<Attempt> =>
        send(request, clientAuth(method, client.clientSecret), transport);
      const attempt = (await queue.run(subject.clientId, isKnown, sendNow)) ?? turnedAway;
      const { outcome } = attempt;
      if (outcome.kind === 'failure' && outcome.retryAfterSeconds !== undefined)
        cooldowns.note(client, outcome);
      return attempt;
    };
    return methods.run(
      client.clientId,
      (method, next) =>
        retry(
          () => attemptWith(method),
          next === 'nothing' ? { ...retries, maxRetries: 0 } : next === 'retries' ? retries : trial,
        ),
      options.firstMethod,
    );
  };
}

interface RequestParts extends Pick<EndpointState, 'transport' | 'queue' | 'cooldowns' | 'automaticAuth'> {
  readonly clock: Clock;
  readonly random: () => number;
  readonly send: SendAttempt;
  readonly tracing: Tracing | undefined;
}

const turnedAway: Attempt = Object.freeze({
  outcome: createTokenFailure('unavailable', 'too many requests to the authorization server are waiting', {
    retryAfterSeconds: 1,
    isLocal: true,
  }),
  transient: false,
});

const isMethodInDoubt = ({ methodDoubt }: TokenFailure, isLastRetry: boolean): boolean =>
  methodDoubt === 'strong' || (methodDoubt === 'weak' && isLastRetry);

/** The state of the server after an outcome. A server that limits or refuses a client is healthy. */
function toResult(outcome: TokenOutcome): RequestResult {
  if (outcome.kind === 'token') return 'succeeded';
  if (outcome.isLocal === true) return 'undecided';
  if (outcome.response !== undefined) return outcome.response.status >= 500 ? 'failed' : 'succeeded';
  return outcome.reason === 'unavailable' || outcome.reason === 'timeout' ? 'failed' : 'succeeded';
}

const createSuspension = (ms: number): TokenFailure =>
  createTokenFailure(
    'unavailable',
    'requests to the authorization server are suspended after repeated failures',
    {
      retryAfterSeconds: Math.ceil(ms / 1000),
      isLocal: true,
    },
  );
