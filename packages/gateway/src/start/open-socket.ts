import type { InstallConfig } from '../config/install-config.ts';
import type { EntryPoint } from '../entrypoints/entry-point.ts';
import type { PurgeRequest, PurgeResult } from '../snapshot/token-purge.ts';
import type { OpenApi } from './api.ts';
import type { ApiSocketParts } from './api-socket.ts';
import type { GatewayIo } from './gateway.ts';
import { removeStaleSocket } from './stale-socket.ts';

/** Opens the Unix socket of the API, if there is one. Loaded on demand, because every module delays the start. */
export async function openSocket(
  { api: config, socketActions }: InstallConfig,
  {
    api,
    purge,
    worker,
    ...parts
  }: Pick<ApiSocketParts, 'pipeline' | 'log'> & {
    readonly api: OpenApi | undefined;
    readonly purge: (request: PurgeRequest) => Promise<PurgeResult>;
    readonly worker: GatewayIo['worker'];
  },
): Promise<EntryPoint | undefined> {
  const path = config?.socket;
  if (path === undefined || api === undefined) return undefined;
  const { openApiSocket } = await import('./api-socket.ts');
  // Workers share the socket that their primary opens.
  if (worker === undefined) await removeStaleSocket(path);
  const admin = { api: api.local, purge: socketActions ? purge : undefined };
  return openApiSocket({ path, admin, ...parts });
}
