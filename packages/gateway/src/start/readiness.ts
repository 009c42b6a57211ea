import type { Problem } from '../config/place.ts';
import type { FileProvider } from '../providers/file/provider.ts';
import { GatewayStartError } from '../start-error.ts';
import type { ClusterProvider } from './gateway.ts';

/** A gateway without its route files would refuse every request; the cause is a mistake, or a volume that is not mounted. */
export function assertRoutes(files: FileProvider | undefined): void {
  const missing = files?.missing() ?? [];
  if (missing.length > 0)
    throw new GatewayStartError(
      'routes_unavailable',
      `no routes: ${missing.map(toMissing).join('; ')}`,
      undefined,
    );
}

/**
 * Lists the reasons why the gateway is not ready. Once its providers have read everything for the first time, it also waits until
 * their routes are served; a later reload does not affect readiness.
 */
export function createReadiness(
  control: { readonly files: FileProvider | undefined; isPending(): boolean },
  cluster: ClusterProvider | undefined,
): () => readonly string[] {
  let isServing = false;
  return () => {
    const unread = cluster?.waitsFor().map((what) => `waiting for ${what}`) ?? [];
    const reasons = [...(control.files?.missing().map(toMissing) ?? []), ...unread];
    if (reasons.length > 0 || isServing) return reasons;
    isServing = !control.isPending();
    return isServing ? [] : ['waiting for the configuration to take effect'];
  };
}

const toMissing = ({ place, message }: Problem): string => `${place.file} ${message}`;
