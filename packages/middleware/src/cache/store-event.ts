/** Events of the store of a source of shared tokens; never contain a key, a token or a secret. */
export type StoreEvent =
  /** The store is available, or unavailable with a reason. */
  | { readonly kind: 'state'; readonly ready: boolean; readonly reason: string | undefined }
  /** A successful operation and its duration. */
  | { readonly kind: 'operation'; readonly operation: StoreOperation; readonly durationMs: number }
  /** A failed operation; the request continues without it. */
  | { readonly kind: 'failure'; readonly operation: StoreOperation; readonly reason: string }
  /** An entry that cannot be decrypted: damaged, moved, or encrypted with another secret. It is replaced. */
  | { readonly kind: 'unsealed' }
  /** A token that was not in memory was obtained from the store or from the authorization server. */
  | { readonly kind: 'found'; readonly tier: 'store' | 'server' }
  /** Milliseconds that a request waited for the token request of another process. */
  | { readonly kind: 'lock_wait'; readonly waitedMs: number };

export type StoreOperation = 'get' | 'set' | 'lock' | 'extend' | 'unlock' | 'take' | 'occupy' | 'ping';
