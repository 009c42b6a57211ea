import { toShownClientId } from '../pipeline/client-id.ts';
import type { PurgeRequest, PurgeResult } from '../snapshot/token-purge.ts';
import type { Log } from './log.ts';

/** Logs which tokens an operator has purged. */
export function logPurge(log: Log, { middleware, clientId }: PurgeRequest, { tokens }: PurgeResult): void {
  const client = clientId === undefined ? undefined : toShownClientId(clientId);
  log.info('tokens purged', { middleware, clientId: client, tokens });
}
