import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import type { HealthCheckConfig } from '../config/dynamic.ts';
import type { HealthPools } from './health-pools.ts';

/** Asks one server at intervals whether it is well. */
export interface HealthCheck {
  /** The last response; a server that has not been asked yet counts as healthy. */
  healthy(): boolean;
  /** Stops asking; questions under way, and responses that are still being read, are given up. */
  stop(): Promise<void>;
}

/** Starts with a first question at once; the interval runs from the end of one question to the start of the next. */
export function startHealthCheck(
  serverUrl: string,
  config: HealthCheckConfig,
  deps: { readonly clock: Clock; readonly healthPools: HealthPools },
): HealthCheck {
  const { origin, path, host } = toTarget(serverUrl, config);
  const headers = { ...config.headers, host: config.hostname ?? host };
  const connections = deps.healthPools.forOrigin(origin);
  const pool = connections.value;
  let healthy = true;
  let stopped = false;
  const underWay = new Set<AbortController>();
  let next: Timer | undefined;

  const ask = async (): Promise<boolean> => {
    const controller = new AbortController();
    underWay.add(controller);
    const limit = deps.clock.after(config.timeoutMs, () => controller.abort());
    const finish = (): void => {
      limit.cancel();
      underWay.delete(controller);
    };
    try {
      const { statusCode, body } = await pool.request({
        path,
        method: config.method,
        headers,
        signal: controller.signal,
      });
      // The status is the response; a body that fails or never ends does not change it, and is given up at the same limit.
      void body
        .dump({ limit: maxDiscardedBytes, signal: controller.signal })
        .catch(() => {})
        .finally(finish);
      return isExpected(statusCode, config.status);
    } catch {
      finish();
      return false;
    }
  };
  const round = async (): Promise<void> => {
    const response = await ask();
    if (stopped) return;
    healthy = response;
    next = deps.clock.after(config.intervalMs, () => void round());
  };
  void round();
  return {
    healthy: () => healthy,
    stop() {
      stopped = true;
      next?.cancel();
      for (const controller of underWay) controller.abort();
      return connections.release();
    },
  };
}

/** Bytes of a response's body that are read; a server that sends more finds its connection closed. */
const maxDiscardedBytes = 64 * 1024;

/** As in Traefik, an absolute path of the health check takes the place of the path of the server's URL. */
function toTarget(
  serverUrl: string,
  config: HealthCheckConfig,
): { origin: string; path: string; host: string } {
  const url = new URL(serverUrl);
  if (config.scheme !== undefined) url.protocol = config.scheme;
  if (config.port !== undefined) url.port = String(config.port);
  const path = new URL(config.path, 'http://relative.invalid');
  return { origin: url.origin, path: path.pathname + path.search, host: url.host };
}

function isExpected(status: number, expected: number): boolean {
  return expected === 0 ? status >= 200 && status < 400 : status === expected;
}
