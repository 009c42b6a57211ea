import type { Secret } from '../../base/secret.ts';

/** Address of a Redis server or a sentinel. */
export interface RedisEndpoint {
  /** A host name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** TLS options for servers and sentinels. All texts are PEM. */
export interface RedisTls {
  /** Trusted authorities, instead of those of Node.js. */
  readonly ca?: string | undefined;
  /** The client's certificate, with its chain; requires `key`. */
  readonly cert?: string | undefined;
  readonly key?: Secret | undefined;
  /** Accepts any certificate of the server. */
  readonly insecureSkipVerify: boolean;
}

/** Redis Sentinel: the endpoints are then those of the sentinels. */
export interface RedisSentinel {
  /** The name under which the sentinels watch the master. */
  readonly masterSet: string;
  /** ACL user of the sentinels, which may differ from that of the servers. */
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
}

/** A Redis server, a Redis Cluster, or a master that sentinels watch. */
export interface RedisStoreOptions {
  /** One or more: the server, nodes from which the cluster is discovered, or sentinels. */
  readonly endpoints: readonly RedisEndpoint[];
  /** ACL user; undefined: the default user, whom `password` then authenticates. */
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
  /** Number of the database, 0 and up; ignored in a cluster, which has only one. */
  readonly database: number;
  /** Time limit of an operation, in milliseconds. */
  readonly timeoutMs: number;
  /** Undefined: plain TCP. */
  readonly tls?: RedisTls | undefined;
  readonly cluster: boolean;
  /** Excludes `cluster`. */
  readonly sentinel?: RedisSentinel | undefined;
}
