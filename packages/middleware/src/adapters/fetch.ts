import type { GuardOptions } from '../guards/client-credentials-guard.ts';
import { createGuard } from '../guards/client-credentials-guard.ts';
import { createProtectFetch, type ProtectFetch } from './fetch-guard.ts';

export type { Auth } from '../guards/auth.ts';
export type { GuardOptions } from '../guards/client-credentials-guard.ts';
export type { DiscoveryEvent, RenewalEvent, StoreEvent } from '../create.ts';
export { OptionsError } from '../errors.ts';
export { RefusalError } from '../guards/refusal-error.ts';

/** Protects Fetch handlers. */
export type FetchGuard = ProtectFetch & {
  /** Drops the tokens and closes the connections to the authorization server. Close the server first. */
  close(): Promise<void>;
};

/**
 * Creates a wrapper for handlers `(Request) => Response`, on a runtime with Node's modules.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6749 section 4.4, RFC 9457
 */
export function oAuthClientCredentials(options: GuardOptions): FetchGuard {
  const guard = createGuard(options);
  return Object.assign(createProtectFetch(guard), { close: () => guard.close() });
}
