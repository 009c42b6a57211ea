/** What a store holds under a key, and for how much longer, by the store's own clock. */
export interface StoredValue {
  readonly value: Uint8Array;
  /** Milliseconds that are left; positive. */
  readonly ttlMs: number;
}

/**
 * Bytes shared beyond a source of tokens: by the process, or by a fleet of them. It knows nothing of tokens, and every value
 * has an end. Operations reject with the store's own error when they cannot be done; how long to wait for one is for the caller
 * to decide.
 */
export interface TokenStore {
  get(key: string): Promise<StoredValue | undefined>;
  /** Puts a value in place of what is there. @param ttlMs whole milliseconds, 1 and up. */
  set(key: string, value: Uint8Array, ttlMs: number): Promise<void>;
  /** Puts a value where nothing is; false when something is. One atomic step. */
  setIfAbsent(key: string, value: Uint8Array, ttlMs: number): Promise<boolean>;
  /** Gives what holds exactly this value another end; false when it holds another or nothing. One atomic step. */
  extendIfEquals(key: string, value: Uint8Array, ttlMs: number): Promise<boolean>;
  /** Removes what holds exactly this value; false when it holds another or nothing. One atomic step. */
  deleteIfEquals(key: string, value: Uint8Array): Promise<boolean>;
  /** Whether operations can be tried now; false while there is no connection, without waiting for one. */
  isReady(): boolean;
  /** Asks for a sign of life; rejects without one. */
  ping(): Promise<void>;
  /**
   * Tells of each change of `isReady`, with the reason when it is an error, and again while it stays false when a reason comes
   * up that says more (a connection that is closed, then a password that is wrong), until the returned function is called.
   */
  onStateChange(listener: (ready: boolean, reason: string | undefined) => void): () => void;
  close(): Promise<void>;
}
