import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import type { HealthCheckConfig } from '../config/dynamic.ts';
import type { Pools } from './pools.ts';
import { sendGrpcCheck, type RunningRequest } from './grpc-health.ts';
import { findRedirect, toHealthRequest, type HealthRequest } from './health-request.ts';
import type { UpstreamTransport } from './transport.ts';

/** Requests one server at intervals to find out whether it is healthy. */
export interface HealthCheck {
  /** The last result; a server counts as healthy until the first one. */
  healthy(): boolean;
  /** Stops; requests in flight are aborted. */
  stop(): Promise<void>;
}

/** Sends the first request at once; the interval runs from the result of one request to the start of the next. */
export function startHealthCheck(
  serverUrl: string,
  config: HealthCheckConfig,
  {
    clock,
    healthPools,
    transport,
  }: {
    readonly clock: Clock;
    readonly healthPools: Pools;
    readonly transport?: UpstreamTransport | undefined;
  },
): HealthCheck {
  const first = toHealthRequest(serverUrl, config);
  const ownPools: Pick<Pools, 'forOrigin'> = {
    forOrigin: (origin) => healthPools.forOrigin(origin, transport),
  };
  // Reused from one check to the next, unlike the requests of redirects.
  const connections = ownPools.forOrigin(first.origin);
  const requests = createRequests(ownPools, config, clock);
  let healthy = true;
  let rounds = 0;
  let next: Timer | undefined;

  const round = (): void => {
    const mine = (rounds += 1);
    let isScheduled = false;
    requests.send(first, (isHealthy) => {
      // The rest of a response may prove invalid after the next result.
      if (mine !== rounds) return;
      healthy = isHealthy;
      if (isScheduled) return;
      isScheduled = true;
      next = clock.after(isHealthy ? config.intervalMs : config.unhealthyIntervalMs, round);
    });
  };
  round();
  return {
    healthy: () => healthy,
    async stop() {
      next?.cancel();
      await Promise.all([...requests.abort(), connections.release()]);
    },
  };
}

interface Requests {
  /** @param onResult called once, and again with false when the rest of the response is invalid. */
  send(request: HealthRequest, onResult: (isHealthy: boolean) => void): void;
  /** Aborts all requests without a result. Each promise resolves when the connection of a request is closed. */
  abort(): readonly Promise<void>[];
}

function createRequests(pools: Pick<Pools, 'forOrigin'>, config: HealthCheckConfig, clock: Clock): Requests {
  const inFlight = new Set<() => Promise<void>>();
  return {
    send(first, onResult) {
      let hasResult = false;
      const tell = (isHealthy: boolean): void => {
        hasResult = true;
        onResult(isHealthy);
      };
      let current: RunningRequest | undefined;
      const finish = (): void => {
        limit.cancel();
        inFlight.delete(abort);
      };
      const abort = (): Promise<void> => {
        finish();
        return current?.abort() ?? Promise.resolve();
      };
      const limit = clock.after(config.timeoutMs, () => {
        void abort();
        if (!hasResult) tell(false);
      });
      inFlight.add(abort);
      const send = (request: HealthRequest, redirects: number): void => {
        if (config.mode === 'grpc') {
          current = sendGrpcCheck(pools, request, (isServing) => {
            finish();
            tell(isServing);
          });
          return;
        }
        current = sendOne(pools, request, {
          onStatus(status, location) {
            const redirect = config.followRedirects ? findRedirect(request, status, location) : undefined;
            // The status is the result. A body that is aborted or never ends does not change it, and is cut off at the same limit.
            if (redirect === undefined) {
              tell(isExpected(status, config.status));
              return true;
            }
            if (redirects < maxRedirects) send(redirect, redirects + 1);
            else {
              finish();
              tell(false);
            }
            return false;
          },
          onEnd: finish,
          onFault(isInvalid) {
            finish();
            // Requests would not accept such a response either.
            if (!hasResult || isInvalid) tell(false);
          },
        });
      };
      send(first, 0);
    },
    abort: () => [...inFlight].map((abort) => abort()),
  };
}

/** Limit of redirects, as in Go's client. */
const maxRedirects = 10;

interface HealthResponseListener {
  /** @returns whether the rest of the response is of interest. */
  onStatus(status: number, location: string | undefined): boolean;
  onEnd(): void;
  onFault(isInvalid: boolean): void;
}

function sendOne(
  pools: Pick<Pools, 'forOrigin'>,
  { origin, request }: HealthRequest,
  listener: HealthResponseListener,
): RunningRequest {
  const connections = pools.forOrigin(origin);
  let discardedBytes = 0;
  let released: Promise<void> | undefined;
  const release = (): Promise<void> => (released ??= connections.release());
  const abort = (): Promise<void> => {
    call.abort();
    return release();
  };
  const call = connections.value.dispatch(request, {
    onInterim() {},
    onHead({ status, headers }) {
      const at = headers.findIndex((name, index) => index % 2 === 0 && name === 'location');
      if (!listener.onStatus(status, at < 0 ? undefined : headers[at + 1])) void abort();
    },
    onData(part) {
      discardedBytes += part.length;
      if (discardedBytes <= maxDiscardedBytes) return;
      listener.onEnd();
      void abort();
    },
    onFlush: () => true,
    onEnd() {
      listener.onEnd();
      void release();
    },
    // Health checks never send `Upgrade`.
    onUpgrade: (_head, socket) => void socket.destroy(),
    onFault({ code }) {
      listener.onFault(code === 'response_invalid');
      void release();
    },
  });
  return { abort };
}

/** Maximum bytes read from a response body; the connection of a server that sends more is closed. */
const maxDiscardedBytes = 64 * 1024;

function isExpected(status: number, expected: number): boolean {
  return expected === 0 ? status >= 200 && status < 400 : status === expected;
}
