import type { Channel } from './base/channel.ts';
import { createChannel } from './base/channel.ts';
import type { StoreEvent } from './cache/store-event.ts';
import { warnProcess } from './process-warning.ts';

/** Events of the store, for applications. */
export interface StoreListener {
  /**
   * Called with what happens to the store, in the turn in which it happens: `state` when it is lost or back, `failure` for
   * one operation that was not done, and more. Requests go on in any case. Default: a process warning
   * (`GrantgateWarning`, code `store_unavailable`) when it is lost.
   */
  readonly onStoreEvent?: ((event: StoreEvent) => void) | undefined;
}

/** The channel of a store's events that an application listens to, or a warning of the process in its place. */
export function createStoreChannel(onStoreEvent: StoreListener['onStoreEvent']): Channel<StoreEvent> {
  const channel = createChannel<StoreEvent>((error) =>
    warnProcess(`onStoreEvent: ${error instanceof Error ? error.message : String(error)}`, 'listener_failed'),
  );
  channel.subscribe(onStoreEvent ?? createStoreWarner());
  return channel;
}

/** Warns once for each time that the store is lost, whatever else is said of it until it is back. */
function createStoreWarner(): (event: StoreEvent) => void {
  let lost = false;
  return (event) => {
    if (event.kind !== 'state') return;
    if (!event.ready && !lost && event.reason !== undefined)
      warnProcess(`store unavailable, requests continue without it: ${event.reason}`, 'store_unavailable');
    lost = !event.ready;
  };
}
