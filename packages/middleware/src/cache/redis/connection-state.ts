import type { RedisClient } from './client.ts';
import { areSentinelsExhausted, classifyError } from './classify-error.ts';
import {
  describeFault,
  isAuthenticationFault,
  rankFault,
  type RedisFault,
  type RedisFaultCode,
} from './fault.ts';

/** Known state of a client's connection. */
export interface ConnectionState {
  isReady(): boolean;
  /** Reason why the connection was last lost or refused; undefined while it is open. */
  reason(): string | undefined;
  /** Reports each change of `isReady` and, while it is false, each reason that is more specific than the last one. */
  onChange(listener: (ready: boolean, reason: string | undefined) => void): () => void;
}

/** A database that cannot be selected: the client would continue with database 0, where other programs have their keys. */
const wrongDatabase: ReadonlySet<RedisFaultCode> = new Set(['no_such_database', 'cluster_unexpected']);

/** Fault of the last sentinel, or of the one with the most specific fault, when none names the master. */
function ofSentinels(fault: RedisFault): RedisFault {
  if (fault.code === 'unknown_master_set' || fault.code === 'no_sentinel') return fault;
  return fault.code === 'connection_closed' ? { code: 'no_sentinel' } : { ...fault, ofSentinels: true };
}

/**
 * Observes a client from its creation; the first outcome, good or bad, counts as a change.
 * @param isClosed whether the connection was closed on purpose.
 */
export function watchConnection(client: RedisClient, isClosed: () => boolean): ConnectionState {
  const listeners = new Set<(ready: boolean, reason: string | undefined) => void>();
  let told: { readonly ready: boolean; readonly rank: number } | undefined;
  let fault: RedisFault | undefined;
  let sentinelFault: RedisFault | undefined;
  /** Starts over for a new attempt to connect: the outcome of the last one no longer matters. */
  let isNewAttempt = true;
  let usable = true;

  const reason = (): string | undefined => fault && describeFault(fault);
  const tell = (ready: boolean): void => {
    const rank = fault === undefined ? 0 : rankFault(fault);
    if (told?.ready === ready && (ready || rank <= told.rank)) return;
    told = { ready, rank };
    const words = reason();
    for (const listener of listeners) listener(ready, words);
  };
  const isReady = (): boolean => usable && client.status === 'ready';
  client.on('connecting', () => (isNewAttempt = true));
  client.on('ready', () => {
    if (!usable) return;
    fault = undefined;
    tell(true);
  });
  const learn = (next: RedisFault): void => {
    if (isNewAttempt || fault === undefined || rankFault(next) >= rankFault(fault)) fault = next;
    isNewAttempt = false;
  };
  client.on('error', (error) => {
    if (isClosed()) return;
    const next = classifyError(error);
    if (areSentinelsExhausted(error)) {
      // Reports all failed sentinels, and starts another round.
      isNewAttempt = true;
      learn(ofSentinels(sentinelFault ?? next));
      sentinelFault = undefined;
    } else {
      learn(next);
      if (wrongDatabase.has(next.code)) usable = false;
      // The client continues as the default user, if that user needs no password, until this closes the connection.
      if (isAuthenticationFault(next) && client.status !== 'ready') usable = false;
    }
    if (!isReady()) tell(false);
  });
  // A fault of one sentinel: another one may succeed.
  client.on('sentinelError', (error) => {
    const next = classifyError(error);
    if (sentinelFault === undefined || rankFault(next) >= rankFault(sentinelFault)) sentinelFault = next;
  });
  // The socket's own fault: the error that follows is less specific.
  client.on('nodeError', (error) => {
    if (client.status !== 'ready' && !isClosed()) learn(classifyError(error));
  });
  const lost = (): void => {
    const wasReady = told?.ready === true;
    if (isClosed()) fault = undefined;
    else if (wasReady) fault ??= { code: 'connection_closed' };
    usable = true;
    if (wasReady) tell(false);
  };
  client.on('close', lost);
  client.on('end', lost);

  return {
    isReady,
    reason,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
