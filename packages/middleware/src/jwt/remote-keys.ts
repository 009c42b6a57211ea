import type { Clock } from '../base/clock.ts';
import type { MaybePromise } from '../base/maybe-promise.ts';
import type { Tracing } from '../base/tracing.ts';
import type { TokenEndpointOptions } from '../token/endpoint.ts';
import { describeForOperators, type TokenFailure } from '../token/failure.ts';
import { outageCooldownMs, refuseInOutage, type ServerOutage } from '../token/outage.ts';
import { createDocumentRequests, traceTransport } from '../token/trace-endpoint.ts';
import { createTransport } from '../token/transport.ts';
import { replaceKeys } from './key-set.ts';
import { endTrust, selectKeys, type KeyMatch, type KeyQuery, type KeySource } from './key-source.ts';
import type { KeysEvent } from './keys-event.ts';
import { requestKeySet, type FreshKeySet } from './request-key-set.ts';
import type { VerificationKey } from './verification-key.ts';

export type RemoteKeysOptions = Pick<
  TokenEndpointOptions,
  'url' | 'tls' | 'proxy' | 'headers' | 'timeoutMs' | 'maxRetries'
>;

export interface RemoteKeysParts {
  readonly clock: Clock;
  /** Returns a number in [0, 1), as `Math.random`, which is the default. */
  readonly random?: (() => number) | undefined;
  readonly onEvent?: ((event: KeysEvent) => void) | undefined;
  /** Traces the requests. Default: no traces. */
  readonly tracing?: Tracing | undefined;
}

/** Keys in memory; times are `Clock.monotonic()` milliseconds. */
interface CachedKeys {
  readonly keys: readonly VerificationKey[];
  readonly obtainedAtMs: number;
  /** From this time, a use starts a request in the background. */
  readonly refreshAtMs: number;
}

/** Milliseconds for which a key set counts as new: an unknown `kid` does not cause another request during that time. */
const unknownKeyCooldownMs = 5_000;

/**
 * Keys of a JWK Set at a URL. They are requested when first needed, again ahead of their expiry, and when a token names a key that
 * they do not have. Any number of waiting tokens share one request. The last valid keys are used while the server fails.
 */
export function createRemoteKeys(options: RemoteKeysOptions, parts: RemoteKeysParts): KeySource {
  const { clock, random = Math.random, onEvent, tracing } = parts;
  const announce = (event: KeysEvent): void => onEvent?.(Object.freeze(event));
  const transport = createTransport(options, clock);
  const traced = traceTransport(transport, tracing);
  let cached: CachedKeys | undefined;
  let outage: ServerOutage | undefined;
  let flight: Promise<TokenFailure | undefined> | undefined;
  let isClosed = false;

  const keep = ({ set, lifetimeMs }: FreshKeySet): undefined => {
    const now = clock.monotonic();
    const keys = replaceKeys(cached?.keys ?? [], set.keys);
    const isNews = outage !== undefined || keys.some((key, at) => key !== cached?.keys[at]);
    cached = { keys, obtainedAtMs: now, refreshAtMs: now + lifetimeMs * 0.8 };
    outage = undefined;
    if (isClosed) void endTrust(keys);
    const base = { url: options.url, keys: keys.length };
    announce(isNews ? { kind: 'obtained', ...base, problems: set.problems } : { kind: 'refreshed', ...base });
  };

  const fail = (failure: TokenFailure): TokenFailure => {
    const failures = (outage?.failures ?? 0) + 1;
    const waitMs = outageCooldownMs(failure, failures, random);
    outage = { failure, failures, untilMs: clock.monotonic() + waitMs };
    announce({
      kind: 'failed',
      url: options.url,
      detail: describeForOperators(failure),
      isFirst: failures === 1,
      keys: cached?.keys.length ?? 0,
      nextTryInMs: waitMs,
    });
    return refuseInOutage(failure, waitMs);
  };

  const request = createDocumentRequests(
    () => requestKeySet(options, traced, clock),
    { name: 'key set request', url: options.url },
    { clock, random, tracing },
  );

  /** Only the first request is retried: while the server is down, callers wait for a single attempt. */
  const launch = (): Promise<TokenFailure | undefined> => {
    const maxRetries = cached === undefined && outage === undefined ? options.maxRetries : 0;
    flight ??= request(maxRetries)
      .then((outcome) => (outcome.kind === 'fresh' ? keep(outcome) : fail(outcome)))
      .finally(() => (flight = undefined));
    return flight;
  };

  const afterRequest = (query: KeyQuery): MaybePromise<KeyMatch | TokenFailure> => {
    const now = clock.monotonic();
    if (outage !== undefined && now < outage.untilMs)
      return refuseInOutage(outage.failure, outage.untilMs - now);
    return launch().then((failure) => failure ?? selectKeys(cached?.keys ?? [], query));
  };

  return Object.freeze({
    find(query: KeyQuery) {
      if (cached === undefined) return afterRequest(query);
      const now = clock.monotonic();
      const match = selectKeys(cached.keys, query);
      const isCooling = outage !== undefined && now < outage.untilMs;
      if (now >= cached.refreshAtMs && !isCooling) void launch();
      if (match.keys.length > 0 || query.id === undefined) return match;
      if (now - cached.obtainedAtMs < unknownKeyCooldownMs) return match;
      return afterRequest(query);
    },
    async close() {
      isClosed = true;
      await endTrust(cached?.keys ?? []);
      await flight;
      await transport.close();
    },
  });
}
