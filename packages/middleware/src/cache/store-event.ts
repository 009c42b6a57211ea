/** What a source of shared tokens announces about its store; never a key, a token or a secret. */
export type StoreEvent =
  /** The store can be used, or not for now and why. */
  | { readonly kind: 'state'; readonly ready: boolean; readonly reason: string | undefined }
  /** One operation that was done, and what it took. */
  | { readonly kind: 'operation'; readonly operation: StoreOperation; readonly durationMs: number }
  /** One that was not; the request goes on without it. */
  | { readonly kind: 'failure'; readonly operation: StoreOperation; readonly reason: string }
  /** An entry that does not open: damaged, moved, or sealed with another secret. It is replaced. */
  | { readonly kind: 'unsealed' }
  /** A token that was not in memory came from the store, or from the authorization server. */
  | { readonly kind: 'found'; readonly tier: 'store' | 'server' }
  /** Milliseconds for which a request waited while another process asked for the token. */
  | { readonly kind: 'lock_wait'; readonly waitedMs: number };

export type StoreOperation = 'get' | 'set' | 'lock' | 'extend' | 'unlock' | 'ping';
