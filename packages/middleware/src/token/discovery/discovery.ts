import type { Clock } from '../../base/clock.ts';
import type { MaybePromise } from '../../base/maybe-promise.ts';
import type { Tracing } from '../../base/tracing.ts';
import type { TokenEndpointOptions } from '../endpoint.ts';
import { describeForOperators, type TokenFailure } from '../failure.ts';
import { outageCooldownMs, refuseInOutage, type ServerOutage } from '../outage.ts';
import { createDocumentRequests, traceTransport } from '../trace-endpoint.ts';
import { createTransport } from '../transport.ts';
import type { DiscoveryEvent } from './discovery-event.ts';
import type { ServerMetadata } from './metadata.ts';
import { leastLifetimeMs, requestMetadata, type FreshMetadata } from './request-metadata.ts';

/** The source of metadata, and how to request them. */
export type DiscoveryOptions = Pick<
  TokenEndpointOptions,
  'tls' | 'proxy' | 'headers' | 'timeoutMs' | 'maxRetries'
> & {
  /** Absolute `https:` or `http:` URL without query and fragment. */
  readonly issuer: string;
};

export interface DiscoveryParts {
  readonly clock: Clock;
  /** Returns a number in [0, 1), as `Math.random`, which is the default. */
  readonly random?: (() => number) | undefined;
  /** Source of proxies; default: the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly onEvent?: ((event: DiscoveryEvent) => void) | undefined;
  /** Traces the requests. Default: no traces. */
  readonly tracing?: Tracing | undefined;
}

/** The metadata of one issuer, requested when they are first needed, and cached. */
export interface Discovery {
  /** A value when they are in memory. There is one request for any number of waiting callers. */
  readonly get: () => MaybePromise<ServerMetadata | TokenFailure>;
  /** Called when the token endpoint fails: metadata older than five minutes are requested again in the background. */
  readonly doubt: () => void;
  /** Closes its connections once the request in flight has ended. */
  readonly close: () => Promise<void>;
}

interface CachedMetadata {
  readonly metadata: ServerMetadata;
  /** `Clock.monotonic()` milliseconds, as below. */
  readonly obtainedAtMs: number;
  /** From this time, a use starts a request in the background. */
  readonly refreshAtMs: number;
  /** From this time, a use waits for the request, and falls back to these metadata if it fails. */
  readonly expiresAtMs: number;
}

interface DiscoveryOutage extends ServerOutage {
  readonly beganAtMs: number;
}

/**
 * Creates the discovery of one issuer (RFC 8414, OpenID Connect Discovery 1.0). The last valid metadata are used while the server fails.
 */
export function createDiscovery(options: DiscoveryOptions, parts: DiscoveryParts): Discovery {
  const { clock, random = Math.random, env, onEvent: announce = () => {}, tracing } = parts;
  const { issuer } = options;
  const transport = createTransport(options, clock, env);
  const traced = traceTransport(transport, tracing);
  const request = { ...options, usesCertificate: options.tls.cert !== undefined };
  let cached: CachedMetadata | undefined;
  let outage: DiscoveryOutage | undefined;
  let flight: Promise<ServerMetadata | TokenFailure> | undefined;

  const keep = ({ metadata, lifetimeMs }: FreshMetadata): ServerMetadata => {
    const now = clock.monotonic();
    const before = cached?.metadata.tokenEndpoint;
    const refreshAtMs = now + lifetimeMs * 0.8;
    cached = { metadata, obtainedAtMs: now, refreshAtMs, expiresAtMs: now + lifetimeMs };
    const { tokenEndpoint } = metadata;
    const previousTokenEndpoint = before === tokenEndpoint ? undefined : before;
    announce(Object.freeze({ kind: 'discovered', issuer, tokenEndpoint, previousTokenEndpoint }));
    if (outage !== undefined) {
      const { failures, beganAtMs } = outage;
      outage = undefined;
      announce(Object.freeze({ kind: 'recovered', issuer, failures, lastedMs: now - beganAtMs }));
    }
    return metadata;
  };

  const fail = (failure: TokenFailure): ServerMetadata | TokenFailure => {
    const now = clock.monotonic();
    const failures = (outage?.failures ?? 0) + 1;
    const waitMs = outageCooldownMs(failure, failures, random);
    outage = { failure, failures, beganAtMs: outage?.beganAtMs ?? now, untilMs: now + waitMs };
    announce(
      Object.freeze({
        kind: 'failed',
        issuer,
        reason: failure.reason,
        detail: describeForOperators(failure),
        isFirst: failures === 1,
        tokenEndpoint: cached?.metadata.tokenEndpoint,
        nextTryInMs: waitMs,
      }),
    );
    return cached?.metadata ?? refuseInOutage(failure, waitMs);
  };

  const discover = createDocumentRequests(
    () => requestMetadata(request, traced, clock),
    { name: 'issuer metadata request', url: issuer },
    { clock, random, tracing },
  );

  /** Only the first discovery is retried. While the server is down, each try is a single attempt, so that its callers wait less. */
  const launch = (): Promise<ServerMetadata | TokenFailure> => {
    const maxRetries = cached === undefined && outage === undefined ? options.maxRetries : 0;
    flight ??= discover(maxRetries)
      .then((outcome) => (outcome.kind === 'fresh' ? keep(outcome) : fail(outcome)))
      .finally(() => (flight = undefined));
    return flight;
  };

  return {
    get() {
      const now = clock.monotonic();
      if (outage !== undefined && now < outage.untilMs)
        return cached?.metadata ?? refuseMeanwhile(outage, outage.untilMs - now);
      if (cached !== undefined && outage === undefined && now < cached.refreshAtMs) return cached.metadata;
      const refreshed = launch();
      return cached !== undefined && now < cached.expiresAtMs ? cached.metadata : refreshed;
    },
    doubt() {
      const now = clock.monotonic();
      const isCooling = outage !== undefined && now < outage.untilMs;
      if (cached !== undefined && !isCooling && now - cached.obtainedAtMs >= leastLifetimeMs) void launch();
    },
    async close() {
      await flight;
      await transport.close();
    },
  };
}

/** A request in the background needs no time-out for callers. */
function refuseMeanwhile({ failure }: DiscoveryOutage, leftMs: number): TokenFailure {
  const reason = failure.reason === 'timeout' ? 'unavailable' : failure.reason;
  return refuseInOutage({ ...failure, reason }, leftMs);
}
