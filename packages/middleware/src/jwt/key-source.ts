import type { MaybePromise } from '../base/maybe-promise.ts';
import type { TokenFailure } from '../token/failure.ts';
import type { VerificationKey } from './verification-key.ts';

/** A token's statements about its key; none of them is verified. */
export interface KeyQuery {
  readonly algorithm: string;
  /** `kid`; undefined when the token has none. */
  readonly id: string | undefined;
  /** `iss`; undefined when the token has none. */
  readonly issuer: string | undefined;
}

/** Keys that may have signed a token; empty when there is none. */
export interface KeyMatch {
  readonly kind: 'keys';
  readonly keys: readonly VerificationKey[];
}

/** Finds keys: a value when they are in memory, a promise when they must be requested. */
export interface KeySource {
  find(query: KeyQuery): MaybePromise<KeyMatch | TokenFailure>;
  /** Closes connections and withdraws every key. */
  close(): Promise<void>;
}

const none: KeyMatch = Object.freeze({ kind: 'keys', keys: Object.freeze([]) });

/** Maximum number of keys without `kid` to try for a token without one. */
const maxTried = 10;

/** Keys of a set that match: by `kid` if the token has one (RFC 7515 section 4.1.4), otherwise by algorithm. */
export function selectKeys(keys: readonly VerificationKey[], { algorithm, id }: KeyQuery): KeyMatch {
  const fitting = keys.filter(
    (key) => key.algorithms.includes(algorithm) && (id === undefined || key.id === id),
  );
  return fitting.length === 0 ? none : { kind: 'keys', keys: fitting.slice(0, maxTried) };
}

/** One key for every token, whatever its `kid`: a shared secret or a public key. */
export const createSingleKey = (key: VerificationKey): KeySource => ({
  find: ({ algorithm }) => selectKeys([key], { algorithm, id: undefined, issuer: undefined }),
  close: () => endTrust([key]),
});

/** The keys of a file. */
export const createFixedKeys = (keys: readonly VerificationKey[]): KeySource => ({
  find: (query) => selectKeys(keys, query),
  close: () => endTrust(keys),
});

export function endTrust(keys: readonly VerificationKey[]): Promise<void> {
  for (const { trust } of keys) trust.isCurrent = false;
  return Promise.resolve();
}
