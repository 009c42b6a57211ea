import type { KeysEvent } from './jwt/keys-event.ts';
import { createListener, warnProcess } from './process-warning.ts';

/** Listener of an application for the keys that tokens are verified with. */
export interface KeysListener {
  /**
   * Called for each request for keys: new ones are in use (`obtained`), they are the same (`refreshed`), or it failed (`failed`). Default: a process warning
   * (`GrantgateWarning`, code `keys_failed`) for the first failure of an outage.
   */
  readonly onKeys?: ((event: KeysEvent) => void) | undefined;
}

/** Calls an application's listener, or emits a warning instead. An error that the listener throws becomes a warning. */
export function createKeysListener(onKeys: KeysListener['onKeys']): (event: KeysEvent) => void {
  return createListener('onKeys', onKeys ?? warnOfFailure);
}

function warnOfFailure(event: KeysEvent): void {
  if (event.kind !== 'failed' || !event.isFirst) return;
  const consequence = event.keys === 0 ? 'no token can be verified' : 'the earlier keys stay in use';
  // A URL may have a query, which does not belong in a log.
  const url = event.url.replace(/\?.*/, '');
  warnProcess(`the keys at ${url} cannot be obtained, ${consequence}: ${event.detail}`, 'keys_failed');
}
