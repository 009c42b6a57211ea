import type { Problem } from '../config/place.ts';
import type { FileProvider } from '../providers/file/provider.ts';
import { GatewayStartError } from '../start-error.ts';
import type { ClusterProvider } from './gateway.ts';

/** A gateway whose files of routes are not there would refuse every request: that is a mistake, or a volume that is not mounted. */
export function assertRoutes(files: FileProvider | undefined): void {
  const missing = files?.missing() ?? [];
  if (missing.length > 0)
    throw new GatewayStartError(
      'routes_unavailable',
      `no routes: ${missing.map(toMissing).join('; ')}`,
      undefined,
    );
}

/** What the gateway waits for before it is ready. */
export function listUnready(
  files: FileProvider | undefined,
  kubernetes: ClusterProvider | undefined,
): readonly string[] {
  const unread = kubernetes?.waitsFor().map((what) => `waiting for ${what}`) ?? [];
  return [...(files?.missing().map(toMissing) ?? []), ...unread];
}

const toMissing = ({ place, message }: Problem): string => `${place.file} ${message}`;
