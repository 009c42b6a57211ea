import { describeConnectionFault, findConnectionFault } from '../../base/connection-fault.ts';
import type { RedisFault, RedisFaultCode } from './fault.ts';
import type { SocketFault } from './watch-socket.ts';

/** Codes by the text of Redis, `ioredis` or Node.js; the first match counts. */
const byMessage: readonly (readonly [RegExp, RedisFaultCode])[] = [
  [/^malformed reply/, 'MALFORMED_REPLY'],
  [/^WRONGPASS|invalid password|invalid username-password/, 'wrong_credentials'],
  [/^NOAUTH/, 'password_required'],
  [/without any password configured/, 'password_unexpected'],
  [/^NOPERM/, 'not_permitted'],
  [/cluster support disabled/, 'cluster_disabled'],
  [/^(?:MOVED|ASK|CROSSSLOT) |SELECT is not allowed in cluster mode/, 'cluster_unexpected'],
  [/^CLUSTERDOWN|cluster is down|cluster state/i, 'cluster_down'],
  [/^OOM /, 'out_of_memory'],
  [/^READONLY/, 'read_only'],
  [/^LOADING|is loading/, 'loading'],
  [/^MISCONF/, 'cannot_save'],
  [/^MASTERDOWN/, 'master_down'],
  [/^NOREPLICAS/, 'too_few_replicas'],
  [/DB index is out of range/, 'no_such_database'],
  [/No such master|invalid reply: null/, 'unknown_master_set'],
  [/timed? ?out|ETIMEDOUT/i, 'timeout'],
  [/connection is closed|connection close|isn't writeable|max retries per request/i, 'connection_closed'],
  [/sentinels are unreachable/, 'no_sentinel'],
  [/startup nodes|refresh slots cache/, 'no_cluster_node'],
];

/** Codes that `watchSocket` and `limitReplies` assign to a socket. */
const socketFaults: ReadonlySet<string> = new Set<SocketFault>([
  'NO_HANDSHAKE',
  'CLOSED_IN_HANDSHAKE',
  'CLOSED_AFTER_HANDSHAKE',
  'CLOSED_WITHOUT_RESPONSE',
  'MALFORMED_REPLY',
]);
const isSocketFault = (code: string): code is SocketFault => socketFaults.has(code);

/** Codes of Node.js that have a meaning here. */
const byNodeCode: ReadonlyMap<string, RedisFaultCode> = new Map([
  ['ECONNRESET', 'connection_closed'],
  ['EPIPE', 'connection_closed'],
  ['ETIMEDOUT', 'timeout'],
  ['ECONNREFUSED', 'unreachable'],
  ['ENOTFOUND', 'unreachable'],
  ['EAI_AGAIN', 'unreachable'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
]);

/** Classifies an error of a Redis server, its client or its connection. */
export function classifyError(error: unknown): RedisFault {
  if (!(error instanceof Error)) return { code: 'unknown' };
  // A cluster or a ready check fails for the reason of a node; `ioredis` wraps that error.
  if ('lastNodeError' in error && error.lastNodeError instanceof Error)
    return classifyError(error.lastNodeError);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return classifyCode(code) ?? classifyMessage(error.message);
}

/** Whether no sentinel names the master, which `ioredis` reports after it has tried all of them. */
export const areSentinelsExhausted = (error: unknown): boolean =>
  error instanceof Error && error.message.includes('sentinels are unreachable');

function classifyCode(code: string): RedisFault | undefined {
  if (isSocketFault(code)) return { code };
  const known = byNodeCode.get(code);
  if (known !== undefined) return known === 'unreachable' ? { code: known, detail: code } : { code: known };
  return describeConnectionFault(code) === undefined
    ? undefined
    : { code: 'connection_failed', detail: code };
}

function classifyMessage(text: string): RedisFault {
  const message = text.replace(/^Ready check failed: /, '').replace(/^.* because /, '');
  const cause = / Last error: (?:\w*Error: )?(.*)$/s.exec(message)?.[1];
  if (cause !== undefined) return classifyCause(cause, message);
  for (const [pattern, code] of byMessage) if (pattern.test(message)) return { code };
  const named = findConnectionFault(message);
  if (named !== undefined) return classifyCode(named) ?? { code: 'unknown' };
  // The first word of an error reply is its kind.
  const kind = /^[A-Z]{2,20}(?= )/.exec(message)?.[0];
  return kind === undefined ? { code: 'unknown' } : { code: 'error_reply', detail: kind };
}

/** The last of several errors; `ioredis` puts it at the end of its message. */
function classifyCause(cause: string, message: string): RedisFault {
  if (/^(?:MOVED|ASK) /.test(cause)) return { code: 'too_many_redirections' };
  const fault = classifyMessage(cause);
  return fault.code === 'connection_closed' && message.includes('sentinels')
    ? { code: 'no_sentinel' }
    : fault;
}
