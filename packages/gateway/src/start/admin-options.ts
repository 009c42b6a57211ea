import type { Clock } from '@grantgate/middleware/base/clock';
import { createRequestIds } from '@grantgate/middleware/decision/request-id';
import type { AdminOptions } from '../admin/handle.ts';
import type { InstallConfig } from '../config/install-config.ts';
import type { RequestRecord } from '../pipeline/record.ts';
import { readRequestId } from '../pipeline/request-id.ts';
import { adminEntryPoint } from '../snapshot/entry-points.ts';

export interface AdminParts extends Pick<
  AdminOptions,
  'unready' | 'metrics' | 'purge' | 'api' | 'dashboard'
> {
  /** Whether the gateway is shutting down. */
  readonly isStopping: () => boolean;
  readonly clock: Clock;
  /** Called with the record of each request for the gateway itself; undefined: not needed. */
  readonly onInternal: ((record: RequestRecord) => void) | undefined;
}

/** Creates records of responses whose duration is negligible. */
function createOnResponse(
  clock: Clock,
  onInternal: (record: RequestRecord) => void,
): NonNullable<AdminOptions['onResponse']> {
  const createId = createRequestIds();
  return ({ facts, httpVersion }, { service, status, bytes }) => {
    const name = `${service}@internal`;
    onInternal({
      facts,
      requestId: readRequestId(facts.rawHeaders, createId),
      startedAt: clock.now(),
      startedMonotonic: clock.monotonic(),
      durationMs: 0,
      originDurationMs: 0,
      status,
      originStatus: 0,
      originBytes: 0,
      requestBytes: 0,
      downstreamBytes: bytes,
      retryAttempts: 0,
      httpVersion,
      routerName: name,
      serviceName: name,
      serverUrl: undefined,
      clientUsername: undefined,
      refusal: undefined,
      originFault: undefined,
    });
  };
}

type EntryPointAdminOptions = Omit<AdminOptions, 'next'>;

/** Functions that each entry point serves in addition to routes. */
export function createAdminOf(
  { ping, metrics: metricsConfig, actions, api: apiConfig }: InstallConfig,
  { unready, metrics, purge, api, dashboard, isStopping, clock, onInternal }: AdminParts,
): (entryPoint: string) => EntryPointAdminOptions | undefined {
  const allUnready = (): readonly string[] => [...(isStopping() ? ['shutting down'] : []), ...unready()];
  const status = (): number => (isStopping() ? (ping?.terminatingStatus ?? 503) : 200);
  return (name) => {
    const options: EntryPointAdminOptions = {
      unready: allUnready,
      ping: ping?.entryPoint === name ? status : undefined,
      metrics: metricsConfig?.prometheus?.entryPoint === name ? metrics : undefined,
      onResponse: onInternal && createOnResponse(clock, onInternal),
      purge: actions && name === adminEntryPoint ? purge : undefined,
      api: apiConfig?.entryPoint === name ? api : undefined,
      dashboard: apiConfig?.entryPoint === name ? dashboard : undefined,
    };
    const served = [options.ping, options.metrics, options.purge, options.api];
    return served.every((one) => one === undefined) ? undefined : options;
  };
}
