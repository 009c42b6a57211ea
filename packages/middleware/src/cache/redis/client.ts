/** The part of an `ioredis` client that a store uses; `Redis` and `Cluster` both have it. */
export interface RedisClient {
  /** `ready` while commands can be sent. */
  readonly status: string;
  /** Sends a command; strings in the reply are bytes. */
  callBuffer(command: string, args: (string | Buffer | number)[]): Promise<unknown>;
  // The events differ in their arguments.
  on(event: string, listener: (argument?: unknown) => void): unknown;
  once(event: string, listener: () => void): unknown;
  /** Closes permanently, without reconnecting. */
  disconnect(): void;
}
