import { fingerprint } from '@grantgate/middleware/base/fingerprint';
import type { InstallConfig } from '../../config/install-config.ts';
import type { MetricsExport } from '../../observe/metrics/open-metrics-export.ts';
import { openMetricsExport, type MetricsExportParts } from '../../start/telemetry.ts';

/** Exports metrics in the primary for all of its workers. */
export interface PrimaryExport {
  /** Applies a new configuration, unless the export is unchanged. @throws GatewayStartError; the previous export continues. */
  configure(config: InstallConfig): Promise<void>;
  close(): Promise<void>;
}

export function createPrimaryExport(parts: MetricsExportParts): PrimaryExport {
  let current: { readonly key: string; readonly open: MetricsExport | undefined } | undefined;
  return {
    async configure(config) {
      const key = fingerprint(config.metrics?.otlp ?? {});
      if (current?.key === key) return;
      const open = await openMetricsExport(config, parts);
      const last = current?.open;
      current = { key, open };
      await last?.close();
    },
    close: async () => current?.open?.close(),
  };
}
