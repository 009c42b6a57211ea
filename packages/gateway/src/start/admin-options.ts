import type { AdminOptions } from '../admin/handle.ts';
import type { InstallConfig } from '../config/install.ts';
import { adminEntryPoint } from '../snapshot/entry-points.ts';

export interface AdminParts extends Pick<AdminOptions, 'unready' | 'metrics' | 'purge'> {
  /** Whether the gateway shuts down. */
  readonly isStopping: () => boolean;
}

type Options = Omit<AdminOptions, 'next'>;

/** What each entry point serves beside routes. */
export function createAdminOf(
  { ping, metrics: metricsConfig, actions }: InstallConfig,
  { unready, metrics, purge, isStopping }: AdminParts,
): (entryPoint: string) => Options | undefined {
  const allUnready = (): readonly string[] => [...(isStopping() ? ['shutting down'] : []), ...unready()];
  const status = (): number => (isStopping() ? (ping?.terminatingStatus ?? 503) : 200);
  return (name) => {
    const options: Options = {
      unready: allUnready,
      ping: ping?.entryPoint === name ? status : undefined,
      metrics: metricsConfig?.entryPoint === name ? metrics : undefined,
      purge: actions && name === adminEntryPoint ? purge : undefined,
    };
    const { ping: pings, metrics: exposes, purge: purges } = options;
    return pings === undefined && exposes === undefined && purges === undefined ? undefined : options;
  };
}
