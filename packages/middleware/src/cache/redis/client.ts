/** What of a client of `ioredis` a store needs; `Redis` and `Cluster` both have it. */
export interface RedisClient {
  /** `ready` while commands can be sent. */
  readonly status: string;
  /** Sends a command; strings in the reply are bytes. */
  callBuffer(command: string, args: (string | Buffer | number)[]): Promise<unknown>;
  // The events differ in their arguments.
  on(event: string, listener: (argument?: unknown) => void): unknown;
  once(event: string, listener: () => void): unknown;
  /** Closes for good: nothing is tried again afterwards. */
  disconnect(): void;
}
