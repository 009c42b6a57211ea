import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import type { HealthCheckConfig } from '../config/dynamic.ts';
import type { Pool } from '../http1/client/pool.ts';
import type { OutgoingRequest } from '../http1/client/request.ts';
import type { Pools } from './pools.ts';

/** Requests one server at intervals to find out whether it is healthy. */
export interface HealthCheck {
  /** The last result; a server counts as healthy until the first. */
  healthy(): boolean;
  /** Stops; requests under way are aborted. */
  stop(): Promise<void>;
}

/** Sends the first request at once; the interval runs from the result of one request to the start of the next. */
export function startHealthCheck(
  serverUrl: string,
  config: HealthCheckConfig,
  { clock, healthPools }: { readonly clock: Clock; readonly healthPools: Pools },
): HealthCheck {
  const { origin, request } = toRequest(serverUrl, config);
  const connections = healthPools.forOrigin(origin);
  const requests = createRequests(connections.value, config, clock);
  let healthy = true;
  let rounds = 0;
  let next: Timer | undefined;

  const round = (): void => {
    const mine = (rounds += 1);
    let isScheduled = false;
    requests.send(request, (isHealthy) => {
      // The rest of a response may turn out to be invalid when the next result is there.
      if (mine !== rounds) return;
      healthy = isHealthy;
      if (isScheduled) return;
      isScheduled = true;
      next = clock.after(config.intervalMs, round);
    });
  };
  round();
  return {
    healthy: () => healthy,
    stop() {
      next?.cancel();
      requests.abort();
      return connections.release();
    },
  };
}

interface Requests {
  /** @param onResult called once, and once more with false when the rest of the response is invalid. */
  send(request: OutgoingRequest, onResult: (isHealthy: boolean) => void): void;
  /** Aborts all requests; nobody is told. */
  abort(): void;
}

function createRequests(
  pool: Pool,
  { timeoutMs, status: expected }: HealthCheckConfig,
  clock: Clock,
): Requests {
  const underWay = new Set<() => void>();
  return {
    send(request, onResult) {
      let hasResult = false;
      let discardedBytes = 0;
      const tell = (isHealthy: boolean): void => {
        hasResult = true;
        onResult(isHealthy);
      };
      const finish = (): void => {
        limit.cancel();
        underWay.delete(abort);
      };
      const abort = (): void => {
        finish();
        call.abort();
      };
      const limit = clock.after(timeoutMs, () => {
        abort();
        if (!hasResult) tell(false);
      });
      underWay.add(abort);
      const call = pool.dispatch(request, {
        onInterim() {},
        // The status is the result; a body that breaks off or never ends does not change it, and is dropped at the same limit.
        onHead: ({ status }) => tell(isExpected(status, expected)),
        onData(part) {
          discardedBytes += part.length;
          if (discardedBytes > maxDiscardedBytes) abort();
        },
        onFlush: () => true,
        onEnd: finish,
        // No request asks for another protocol.
        onUpgrade: (_head, socket) => void socket.destroy(),
        onFault({ code }) {
          finish();
          // A response that requests would not accept either, however it begins.
          if (!hasResult || code === 'answer_invalid') tell(false);
        },
      });
    },
    abort() {
      for (const abort of [...underWay]) abort();
    },
  };
}

/** Bytes of a response's body that are read; a server that sends more finds its connection closed. */
const maxDiscardedBytes = 64 * 1024;

/** As in Traefik, an absolute path of the health check takes the place of the path of the server's URL. */
function toRequest(
  serverUrl: string,
  config: HealthCheckConfig,
): { readonly origin: string; readonly request: OutgoingRequest } {
  const url = new URL(serverUrl);
  if (config.scheme !== undefined) url.protocol = config.scheme;
  if (config.port !== undefined) url.port = String(config.port);
  const path = new URL(config.path, 'http://relative.invalid');
  const headers = ['Host', config.hostname ?? url.host];
  for (const [name, value] of Object.entries(config.headers))
    if (!ownHeaders.has(name.toLowerCase())) headers.push(name, value);
  return {
    origin: url.origin,
    request: {
      method: config.method,
      target: path.pathname + path.search,
      headers,
      body: undefined,
      upgrade: undefined,
    },
  };
}

/** `hostname` sets the first; the others frame the request or belong to its connection. */
const ownHeaders: ReadonlySet<string> = new Set([
  ...['host', 'connection', 'keep-alive', 'upgrade'],
  ...['content-length', 'transfer-encoding', 'te', 'trailer', 'expect'],
]);

function isExpected(status: number, expected: number): boolean {
  return expected === 0 ? status >= 200 && status < 400 : status === expected;
}
