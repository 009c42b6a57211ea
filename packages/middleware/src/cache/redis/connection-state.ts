import type { RedisClient } from './client.ts';
import { describeError } from './describe-error.ts';

/** What is known of a client's connection. */
export interface ConnectionState {
  isReady(): boolean;
  /** Why the connection was last lost or refused; undefined while it stands. */
  reason(): string | undefined;
  /** Tells of each change of `isReady` and, while it is false, of a reason that says more than the one told before. */
  onChange(listener: (ready: boolean, reason: string | undefined) => void): () => void;
}

/** A database that cannot be chosen: the client goes on with database 0, where other programs have their keys. */
const wrongDatabase: ReadonlySet<string> = new Set([
  'no such database',
  'a cluster, but `cluster` is not set',
]);

const noSentinel = 'no sentinel can be reached';
const unreachable: ReadonlySet<string> = new Set([
  'connection refused',
  'host name not found',
  'host unreachable',
  'network unreachable',
]);

/** How much a reason says: what merely follows from another error least, what a server or TLS says most. */
function rank(reason: string): number {
  const own = reason.replace(`${noSentinel}: `, '');
  if (own === 'connection closed') return 0;
  if (own === noSentinel || own === 'no node of the cluster can be reached' || own === 'time-out') return 1;
  if (own.includes('; perhaps ')) return 2;
  return unreachable.has(own) ? 3 : 4;
}

/** Why no sentinel says where the master is, by what was said of the last of them, or of the one that says most. */
function ofSentinels(reason: string): string {
  if (reason === 'unknown master set' || reason === noSentinel) return reason;
  if (reason === 'connection closed') return noSentinel;
  return /^(?:authentication failed|no permission)/.test(reason)
    ? `${reason} (of the sentinels)`
    : `${noSentinel}: ${reason}`;
}

/**
 * Listens to a client from its creation; the first outcome, good or bad, counts as a change.
 *
 * @param isClosed whether the end of the connection is wanted.
 */
export function watchConnection(client: RedisClient, isClosed: () => boolean): ConnectionState {
  const listeners = new Set<(ready: boolean, reason: string | undefined) => void>();
  let told: { readonly ready: boolean; readonly rank: number } | undefined;
  let reason: string | undefined;
  let sentinelReason: string | undefined;
  /** Nothing was learned yet in this attempt to connect: what the last one came to is no longer of interest. */
  let anew = true;
  let usable = true;

  const tell = (ready: boolean): void => {
    const says = reason === undefined ? 0 : rank(reason);
    if (told?.ready === ready && (ready || says <= told.rank)) return;
    told = { ready, rank: says };
    for (const listener of listeners) listener(ready, reason);
  };
  const isReady = (): boolean => usable && client.status === 'ready';
  client.on('connecting', () => (anew = true));
  client.on('ready', () => {
    if (!usable) return;
    reason = undefined;
    tell(true);
  });
  const learn = (next: string): void => {
    if (anew || reason === undefined || rank(next) >= rank(reason)) reason = next;
    anew = false;
  };
  client.on('error', (error) => {
    if (isClosed()) return;
    const next = describeError(error);
    if (error instanceof Error && error.message.includes('sentinels are unreachable')) {
      // Reports all of them, and starts another round.
      anew = true;
      learn(ofSentinels(sentinelReason ?? next));
      sentinelReason = undefined;
    } else {
      learn(next);
      if (wrongDatabase.has(next)) usable = false;
      // The client goes on as the default user, when that one needs no password, until the connection is closed for it.
      if (next.startsWith('authentication failed') && client.status !== 'ready') usable = false;
    }
    if (!isReady()) tell(false);
  });
  // Of one sentinel: another may do better.
  client.on('sentinelError', (error) => {
    const next = describeError(error);
    if (sentinelReason === undefined || rank(next) >= rank(sentinelReason)) sentinelReason = next;
  });
  // Of a socket: the error that follows says less.
  client.on('nodeError', (error) => {
    if (client.status !== 'ready' && !isClosed()) learn(describeError(error));
  });
  const lost = (): void => {
    const wasReady = told?.ready === true;
    if (isClosed()) reason = undefined;
    else if (wasReady) reason ??= 'connection closed';
    usable = true;
    if (wasReady) tell(false);
  };
  client.on('close', lost);
  client.on('end', lost);

  return {
    isReady,
    reason: () => reason,
    /** Tells of each change of `isReady` and, while it is false, of a reason that says more than the one told before. */
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
