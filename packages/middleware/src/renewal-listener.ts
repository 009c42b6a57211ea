import type { RenewalEvent } from './cache/renewal-event.ts';
import { createListener, warnProcess } from './process-warning.ts';

/** Listener of an application for token refreshes. */
export interface RenewalListener {
  /**
   * Called for each background refresh of a token when it ends: `failed`, `recovered`, `renewed` or `unchanged`. Default: a
   * process warning (`GrantgateWarning`, code `renewal_failed`) for the first failure of a credential in an outage.
   */
  readonly onRenewal?: ((event: RenewalEvent) => void) | undefined;
}

/** Calls an application's listener, or emits a warning instead. An error that the listener throws becomes a warning. */
export function createRenewalListener(
  onRenewal: RenewalListener['onRenewal'],
): (event: RenewalEvent) => void {
  return createListener('onRenewal', onRenewal ?? warnOfFailure);
}

function warnOfFailure(event: RenewalEvent): void {
  if (event.kind !== 'failed' || !event.isFirst) return;
  const { clientId, detail, response, expiresInMs } = event;
  const description = response?.errorDescription === undefined ? '' : `: ${response.errorDescription}`;
  warnProcess(
    `the token of ${JSON.stringify(clientId)} could not be refreshed and expires in ${Math.ceil(expiresInMs / 1000)} s: ${detail}${description}`,
    'renewal_failed',
  );
}
