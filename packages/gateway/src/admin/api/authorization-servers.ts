import type { EndpointEntry } from '@grantgate/middleware/token/endpoint-state';
import type { IssuerNumbers, ProcessSource } from './process-source.ts';
import type { AuthorizationServerReading } from './questions.ts';
import { toLatency } from './latency.ts';
import { redactUrl } from './redact.ts';
import type { AuthorizationServerView } from './shapes.ts';
import { toShownName } from './shown-name.ts';

/** Endpoints of authorization servers, as this process knows them. */
export function readAuthorizationServers(source: ProcessSource): readonly AuthorizationServerReading[] {
  return [
    ...source.endpoints.entries().map((entry) => readEndpoint(entry, source)),
    ...source.issuers().map((numbers) => readIssuer(numbers)),
  ];
}

function readEndpoint(
  { url, use, state, users }: EndpointEntry,
  source: ProcessSource,
): AuthorizationServerReading {
  const { clock, tallies } = source;
  const toTime = (ms: number): string => new Date(ms).toISOString();
  const names = tallies();
  const history = state.journal.read();
  const breaker = state.breaker.state();
  const { active, waiting } = state.queue.counts();
  const cooling = state.cooldowns.inForce();
  const middlewares = [...names].flatMap(([tally, all]) =>
    [...users].some(({ of }) => of === tally) ? all : [],
  );
  const { lastSuccessAt, lastFailure } = history;
  return {
    endpoint: redactUrl(url),
    use,
    middlewares: [...new Set(middlewares)].sort(),
    breaker: breaker.kind,
    breakerOpenUntil: breaker.kind === 'open' ? toTime(clock.now() + breaker.leftMs) : null,
    inFlight: active,
    waiting,
    requests: history.requests,
    failures: history.failures,
    lastSuccess: lastSuccessAt === undefined ? null : toTime(lastSuccessAt),
    lastFailure:
      lastFailure === undefined
        ? null
        : {
            at: toTime(lastFailure.at),
            reason: lastFailure.reason,
            detail: lastFailure.detail,
            clientID: toShownName(lastFailure.clientId),
          },
    retryAfter:
      cooling.credentials === 0
        ? null
        : { clients: cooling.credentials, until: toTime(clock.now() + cooling.leftMs) },
    durationsMs: history.durationsMs,
  };
}

const readIssuer = ({
  url,
  use,
  lastSuccessAt,
  lastFailure,
  ...numbers
}: IssuerNumbers): AuthorizationServerReading => ({
  endpoint: redactUrl(url),
  use,
  middlewares: [],
  breaker: 'closed',
  breakerOpenUntil: null,
  inFlight: 0,
  waiting: 0,
  ...numbers,
  lastSuccess: lastSuccessAt === undefined ? null : new Date(lastSuccessAt).toISOString(),
  lastFailure:
    lastFailure === undefined
      ? null
      : { ...lastFailure, at: new Date(lastFailure.at).toISOString(), clientID: '' },
  retryAfter: null,
  durationsMs: [],
});

/** Merges the readings of several processes. */
export function mergeAuthorizationServers(
  readings: readonly (readonly AuthorizationServerReading[])[],
): readonly AuthorizationServerView[] {
  const merged = new Map<string, AuthorizationServerReading>();
  for (const reading of readings.flat()) {
    const key = JSON.stringify([reading.use, reading.endpoint, reading.middlewares]);
    const before = merged.get(key);
    merged.set(key, before === undefined ? reading : mergeTwo(before, reading));
  }
  return [...merged.values()]
    .map(toAuthorizationServerView)
    .sort((a, b) => (a.endpoint < b.endpoint ? -1 : a.endpoint > b.endpoint ? 1 : a.use < b.use ? -1 : 1));
}

const breakerOrder = ['closed', 'halfOpen', 'open'] as const;

function mergeTwo(a: AuthorizationServerReading, b: AuthorizationServerReading): AuthorizationServerReading {
  const isWorse = breakerOrder.indexOf(b.breaker) > breakerOrder.indexOf(a.breaker);
  const isLater = (b.lastFailure?.at ?? '') > (a.lastFailure?.at ?? '');
  const [one, other] = [a.retryAfter, b.retryAfter];
  return {
    ...a,
    breaker: isWorse ? b.breaker : a.breaker,
    breakerOpenUntil: latest(a.breakerOpenUntil, b.breakerOpenUntil),
    inFlight: a.inFlight + b.inFlight,
    waiting: a.waiting + b.waiting,
    requests: a.requests + b.requests,
    failures: a.failures + b.failures,
    lastSuccess: latest(a.lastSuccess, b.lastSuccess),
    lastFailure: isLater ? b.lastFailure : a.lastFailure,
    retryAfter:
      one === null || other === null
        ? (one ?? other)
        : {
            clients: Math.max(one.clients, other.clients),
            until: latest(one.until, other.until) ?? one.until,
          },
    durationsMs: [...a.durationsMs, ...b.durationsMs],
  };
}

/** Times in ISO 8601 can be sorted as texts. */
const latest = (a: string | null, b: string | null): string | null =>
  a === null || b === null ? (a ?? b) : a > b ? a : b;

function toAuthorizationServerView({
  durationsMs,
  ...reading
}: AuthorizationServerReading): AuthorizationServerView {
  const { lastFailure, lastSuccess } = reading;
  const isLast = lastFailure !== null && lastFailure.at > (lastSuccess ?? '');
  // A server that refuses a client or a request works as intended.
  const isFailing = isLast && !['credentials_refused', 'request_rejected'].includes(lastFailure.reason);
  return {
    ...reading,
    middlewares: [...reading.middlewares],
    status: isFailing ? 'failing' : lastSuccess === null && lastFailure === null ? 'unused' : 'healthy',
    latencyMs: toLatency(durationsMs),
  };
}
