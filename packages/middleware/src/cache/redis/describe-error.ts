import { describeConnectionFault, findConnectionFault } from '../../base/connection-fault.ts';
import type { SocketFault } from './watch-socket.ts';

/** Reasons by the text that Redis, `ioredis` or Node.js gives; the first that fits counts. */
const byMessage: readonly (readonly [RegExp, string])[] = [
  [/^malformed reply/, 'malformed reply: not a Redis server, or a hostile one'],
  [/^WRONGPASS|invalid password|invalid username-password/, 'authentication failed: wrong user or password'],
  [/^NOAUTH/, 'authentication failed: a password is required'],
  [/without any password configured/, 'authentication failed: the server has no password'],
  [/^NOPERM/, 'no permission: the ACL user may not do this'],
  [/cluster support disabled/, 'not a cluster'],
  [/^(?:MOVED|ASK|CROSSSLOT) |SELECT is not allowed in cluster mode/, 'a cluster, but `cluster` is not set'],
  [/^CLUSTERDOWN|cluster is down|cluster state/i, 'the cluster is down'],
  [/^OOM /, 'out of memory'],
  [/^READONLY/, 'read-only'],
  [/^LOADING|is loading/, 'loading its data'],
  [/^MISCONF/, 'writes refused: the server cannot save its data'],
  [/^MASTERDOWN/, 'a replica that has lost its master'],
  [/^NOREPLICAS/, 'writes refused: too few replicas'],
  [/DB index is out of range/, 'no such database'],
  [/No such master|invalid reply: null/, 'unknown master set'],
  [/timed? ?out|ETIMEDOUT/i, 'time-out'],
  [/connection is closed|connection close|isn't writeable|max retries per request/i, 'connection closed'],
  [/sentinels are unreachable/, 'no sentinel can be reached'],
  [/startup nodes|refresh slots cache/, 'no node of the cluster can be reached'],
];

/** Codes that a socket of ours is given by `watchSocket`. */
const bySocket: ReadonlyMap<string, string> = new Map<SocketFault, string>([
  ['NO_HANDSHAKE', 'TLS: no response to the handshake; perhaps the server does not support TLS'],
  ['CLOSED_AFTER_HANDSHAKE', 'TLS: closed after the handshake; perhaps a client certificate is required'],
  ['CLOSED_IN_HANDSHAKE', 'TLS: closed during the handshake; perhaps the server does not support TLS'],
  ['MALFORMED_REPLY', 'malformed reply: not a Redis server, or a hostile one'],
  ['CLOSED_UNANSWERED', 'connection closed without a response; perhaps the server expects TLS'],
]);

/**
 * Says in words what is wrong with a Redis server. The words are ours: the text of an error, and the command that
 * `ioredis` attaches to it, may hold a password.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  // A cluster or a ready check fails for the reason of a node, which `ioredis` wraps.
  if ('lastNodeError' in error && error.lastNodeError instanceof Error)
    return describeError(error.lastNodeError);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = bySocket.get(code) ?? describeConnectionFault(code);
  if (known !== undefined) return known;
  const message = error.message.replace(/^Ready check failed: /, '').replace(/^.* because /, '');
  const cause = / Last error: (?:\w*Error: )?(.*)$/s.exec(message)?.[1];
  if (cause !== undefined) {
    if (/^(?:MOVED|ASK) /.test(cause))
      return 'too many redirections: its nodes do not agree where the key is';
    const reason = describeError(new Error(cause));
    return reason === 'connection closed' && message.includes('sentinels')
      ? 'no sentinel can be reached'
      : reason;
  }
  for (const [pattern, reason] of byMessage) if (pattern.test(message)) return reason;
  const named = findConnectionFault(message);
  if (named !== undefined) return describeConnectionFault(named) ?? named;
  // Replies begin with a word that says their kind.
  const kind = /^[A-Z]{2,20}(?= )/.exec(message)?.[0];
  return kind === undefined ? 'unknown error' : `the server responded with ${kind}`;
}
