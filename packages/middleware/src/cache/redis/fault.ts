import { describeConnectionFault } from '../../base/connection-fault.ts';
import type { SocketFault } from './watch-socket.ts';

/** Fault of a Redis server, or of the connection to it. */
export type RedisFaultCode =
  | SocketFault
  | 'wrong_credentials'
  | 'password_required'
  | 'password_unexpected'
  | 'not_permitted'
  | 'cluster_disabled'
  | 'cluster_unexpected'
  | 'cluster_down'
  | 'out_of_memory'
  | 'read_only'
  | 'loading'
  | 'cannot_save'
  | 'master_down'
  | 'too_few_replicas'
  | 'no_such_database'
  | 'unknown_master_set'
  | 'too_many_redirections'
  | 'timeout'
  | 'connection_closed'
  | 'no_sentinel'
  | 'no_cluster_node'
  /** No connection. `detail` is the error code of Node.js. */
  | 'unreachable'
  /** Another fault of a connection, usually of TLS. `detail` is the error code of Node.js. */
  | 'connection_failed'
  /** An error reply of another kind. `detail` is that kind. */
  | 'error_reply'
  | 'unknown';

export interface RedisFault {
  readonly code: RedisFaultCode;
  /** A code of Node.js or the kind of a reply; never the text of an error. */
  readonly detail?: string;
  /** The most specific fault of the sentinels, when none of them names the master. */
  readonly ofSentinels?: true;
}

/**
 * The project's own words, because the text of an error, and the command that `ioredis` attaches to it, may contain a password. The
 * detail of a fault replaces these words.
 */
const words: Readonly<Record<RedisFaultCode, string>> = {
  NO_HANDSHAKE: 'TLS: no response to the handshake; perhaps the server does not support TLS',
  CLOSED_AFTER_HANDSHAKE: 'TLS: closed after the handshake; perhaps a client certificate is required',
  CLOSED_IN_HANDSHAKE: 'TLS: closed during the handshake; perhaps the server does not support TLS',
  CLOSED_WITHOUT_RESPONSE: 'connection closed without a response; perhaps the server expects TLS',
  MALFORMED_REPLY: 'malformed reply: not a Redis server, or a hostile one',
  wrong_credentials: 'authentication failed: wrong user or password',
  password_required: 'authentication failed: a password is required',
  password_unexpected: 'authentication failed: the server has no password',
  not_permitted: 'no permission: the ACL user may not do this',
  cluster_disabled: 'not a cluster',
  cluster_unexpected: 'a cluster, but `cluster` is not set',
  cluster_down: 'the cluster is down',
  out_of_memory: 'out of memory',
  read_only: 'read-only',
  loading: 'loading its data',
  cannot_save: 'writes refused: the server cannot save its data',
  master_down: 'a replica that has lost its master',
  too_few_replicas: 'writes refused: too few replicas',
  no_such_database: 'no such database',
  unknown_master_set: 'unknown master set',
  too_many_redirections: 'too many redirections: the nodes disagree about the location of the key',
  timeout: 'time-out',
  connection_closed: 'connection closed',
  no_sentinel: 'no sentinel can be reached',
  no_cluster_node: 'no node of the cluster can be reached',
  unreachable: 'server unreachable',
  connection_failed: 'connection failed',
  error_reply: 'the server responded with an error',
  unknown: 'unknown error',
};

/** Describes the fault in words. */
export function describeFault(fault: RedisFault): string {
  const { code, detail } = fault;
  const own =
    detail === undefined
      ? words[code]
      : code === 'error_reply'
        ? `the server responded with ${detail}`
        : (describeConnectionFault(detail) ?? words[code]);
  if (fault.ofSentinels !== true) return own;
  return isAccessFault(fault) ? `${own} (of the sentinels)` : `${words.no_sentinel}: ${own}`;
}

const authenticationFaults: ReadonlySet<RedisFaultCode> = new Set([
  'wrong_credentials',
  'password_required',
  'password_unexpected',
]);

export const isAuthenticationFault = ({ code }: RedisFault): boolean => authenticationFaults.has(code);

const isAccessFault = (fault: RedisFault): boolean =>
  isAuthenticationFault(fault) || fault.code === 'not_permitted';

const ranks: Readonly<Partial<Record<RedisFaultCode, number>>> = {
  connection_closed: 0,
  no_sentinel: 1,
  no_cluster_node: 1,
  timeout: 1,
  NO_HANDSHAKE: 2,
  CLOSED_AFTER_HANDSHAKE: 2,
  CLOSED_IN_HANDSHAKE: 2,
  CLOSED_WITHOUT_RESPONSE: 2,
  unreachable: 3,
};
const highestRank = 4;

/**
 * How specific a fault is: a mere consequence of another fault is the least specific, and a report of a server or of TLS the most.
 */
export const rankFault = ({ code }: RedisFault): number => ranks[code] ?? highestRank;
