import type { SlotDemand, SlotGrant } from './slots.ts';
import type { BucketGrant, BucketLimits } from './token-bucket.ts';

/** A value of a store and its remaining time, by the store's own clock. */
export interface StoredValue {
  readonly value: Uint8Array;
  /** Remaining milliseconds; positive. */
  readonly ttlMs: number;
}

/**
 * Bytes that a process or a fleet shares beyond one source of tokens. A store knows nothing of tokens, and every value expires.
 * Failed operations reject with the store's own error; the caller decides how long to wait.
 */
export interface TokenStore {
  get(key: string): Promise<StoredValue | undefined>;
  /** Replaces a value. @param ttlMs whole milliseconds, 1 and up. */
  set(key: string, value: Uint8Array, ttlMs: number): Promise<void>;
  /** Sets a value if there is none; otherwise returns false. Atomic. */
  setIfAbsent(key: string, value: Uint8Array, ttlMs: number): Promise<boolean>;
  /** Changes the expiry of exactly this value; false when the key has another value or none. Atomic. */
  extendIfEquals(key: string, value: Uint8Array, ttlMs: number): Promise<boolean>;
  /** Removes exactly this value; false when the key has another value or none. Atomic. */
  deleteIfEquals(key: string, value: Uint8Array): Promise<boolean>;
  /** Takes a token from the bucket of a key; a new bucket is full. Atomic. */
  take(key: string, limits: BucketLimits): Promise<BucketGrant>;
  /** Reports how many slots of a key a holder uses, and requests more. Atomic and idempotent. */
  occupy(key: string, holder: string, demand: SlotDemand): Promise<SlotGrant>;
  /** Whether operations can be tried now, without waiting for a connection. */
  isReady(): boolean;
  /** Pings the store; rejects without a response. */
  ping(): Promise<void>;
  /**
   * Calls the listener for each change of `isReady`, with the reason when it is an error, and again when a more precise reason
   * appears (a connection that is closed, then a wrong password), until the returned function is called.
   */
  onStateChange(listener: (ready: boolean, reason: string | undefined) => void): () => void;
  close(): Promise<void>;
}
