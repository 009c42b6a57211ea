import { chmod } from 'node:fs/promises';
import { createAdminHandle, type AdminOptions } from '../admin/handle.ts';
import { shorthandInstall } from '../config/parse-install.ts';
import { openEntryPoint, type EntryPoint } from '../entrypoints/entry-point.ts';
import type { Log } from '../observe/log.ts';
import { createHandle, type PipelineDeps } from '../pipeline/handle.ts';
import { GatewayStartError } from '../start-error.ts';
import { describe } from './gateway.ts';

/** Name of the entry point in logs; no entry point of a configuration can have it. */
const name = 'api@internal';

/** Mode of the socket: only the gateway's own user can read and write. */
const ownerOnly = 0o600;

export interface ApiSocketParts {
  readonly path: string;
  readonly admin: Pick<AdminOptions, 'api' | 'purge'>;
  readonly pipeline: PipelineDeps;
  readonly log: Log;
}

/**
 * Serves the API on a Unix socket.
 * @throws GatewayStartError when the gateway cannot listen on it.
 */
export async function openApiSocket({ path, admin, pipeline, log }: ApiSocketParts): Promise<EntryPoint> {
  const [usual] = shorthandInstall([]).entryPoints.values();
  if (usual === undefined) throw new Error('the shorthand configuration has an entry point');
  // Requests outside the API are neither counted nor logged.
  const next = createHandle({ ...pipeline, startTrace: undefined, onRecord() {} });
  try {
    const entryPoint = await openEntryPoint(
      { ...usual, name, socketPath: path },
      {
        clock: pipeline.clock,
        certificates: [],
        handle: createAdminHandle({ ...admin, unready: () => [], next }),
        onError: (error) =>
          log.error('accepting a connection failed', { socket: path, error: describe(error) }),
      },
    );
    await chmod(path, ownerOnly);
    return entryPoint;
  } catch (error) {
    throw new GatewayStartError('address_unavailable', `api.socket: cannot listen on ${path}`, error);
  }
}
