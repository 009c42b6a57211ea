import { createListener, warnProcess } from './process-warning.ts';
import type { DiscoveryEvent } from './token/discovery/discovery-event.ts';

/** Listener of an application for `issuer`. */
export interface DiscoveryListener {
  /**
   * Called for each request for the metadata of the issuer when it ends: `discovered`, `failed` or `recovered`. Default: a
   * process warning (`GrantgateWarning`, code `discovery_failed`) for the first failure of an outage.
   */
  readonly onDiscovery?: ((event: DiscoveryEvent) => void) | undefined;
}

/**
 * Calls an application's listener, or emits a warning instead. An error that the listener throws becomes a warning.
 *
 * @param consequence of an outage. Default: that for token requests.
 */
export function createDiscoveryListener(
  onDiscovery: DiscoveryListener['onDiscovery'],
  consequence?: string,
): (event: DiscoveryEvent) => void {
  return createListener('onDiscovery', onDiscovery ?? ((event) => warnOfFailure(event, consequence)));
}

function warnOfFailure(event: DiscoveryEvent, consequence?: string): void {
  if (event.kind !== 'failed' || !event.isFirst) return;
  const { issuer, detail, tokenEndpoint } = event;
  const usual =
    tokenEndpoint === undefined ? 'token requests fail' : `token requests still go to ${tokenEndpoint}`;
  warnProcess(
    `the metadata of the issuer ${issuer} cannot be used, ${consequence ?? usual}: ${detail}`,
    'discovery_failed',
  );
}
