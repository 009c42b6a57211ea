import type { RedisClient } from './client.ts';
import { describeError } from './describe-error.ts';

/** What is known of a client's connection. */
export interface ConnectionState {
  isReady(): boolean;
  /** Why the connection was last lost or refused; undefined while it stands. */
  reason(): string | undefined;
  onChange(listener: (ready: boolean, reason: string | undefined) => void): () => void;
}

/** A database that cannot be chosen: the client goes on with database 0, where other programs have their keys. */
const wrongDatabase: ReadonlySet<string> = new Set([
  'no such database',
  'a cluster, but `cluster` is not set',
]);

/** What follows from another error says less than that error does; these are ranked by how much, 2 being a reason of its own. */
const telling: Readonly<Record<string, number>> = {
  'connection closed': 0,
  'no sentinel can be reached': 1,
  'no node of the cluster can be reached': 1,
};
const rank = (reason: string): number => telling[reason] ?? 2;

/**
 * Listens to a client from its creation; the first outcome, good or bad, counts as a change.
 *
 * @param isClosed whether the end of the connection is wanted.
 */
export function watchConnection(client: RedisClient, isClosed: () => boolean): ConnectionState {
  const listeners = new Set<(ready: boolean, reason: string | undefined) => void>();
  let told: boolean | undefined;
  let reason: string | undefined;
  let usable = true;

  const tell = (ready: boolean): void => {
    if (told === ready) return;
    told = ready;
    for (const listener of listeners) listener(ready, reason);
  };
  const isReady = (): boolean => usable && client.status === 'ready';
  client.on('ready', () => {
    if (!usable) return;
    reason = undefined;
    tell(true);
  });
  const learn = (error: unknown): string => {
    const next = describeError(error);
    if (reason === undefined || rank(next) >= rank(reason)) reason = next;
    return next;
  };
  client.on('error', (error) => {
    if (wrongDatabase.has(learn(error))) usable = false;
    if (!isReady()) tell(false);
  });
  // Of a sentinel, or of a node of a cluster: the error that follows says less.
  client.on('sentinelError', learn);
  client.on('nodeError', (error) => {
    if (client.status !== 'ready') learn(error);
  });
  const lost = (): void => {
    if (isClosed()) reason = undefined;
    else if (told === true) reason ??= 'connection closed';
    usable = true;
    if (told === true) tell(false);
  };
  client.on('close', lost);
  client.on('end', lost);

  return {
    isReady,
    reason: () => reason,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
