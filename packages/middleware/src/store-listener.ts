import { createChannel, type Channel } from './base/channel.ts';
import type { StoreEvent } from './cache/store-event.ts';
import { createListener, warnProcess } from './process-warning.ts';

/** Listener of an application for events of the store. */
export interface StoreListener {
  /**
   * Called for each event of the store when it happens: `state` when the store becomes available or unavailable, `failure`
   * for a failed operation, and others. Requests continue in any case. Default: a process warning (`GrantgateWarning`, code
   * `store_unavailable`) when the store becomes unavailable.
   */
  readonly onStoreEvent?: ((event: StoreEvent) => void) | undefined;
}

/** The channel for an application's listener of a store's events, or for process warnings instead. */
export function createStoreChannel(onStoreEvent: StoreListener['onStoreEvent']): Channel<StoreEvent> {
  const channel = createChannel<StoreEvent>();
  channel.subscribe(createListener('onStoreEvent', onStoreEvent ?? createStoreWarner()));
  return channel;
}

/** Warns once for each outage of the store. */
function createStoreWarner(): (event: StoreEvent) => void {
  let lost = false;
  return (event) => {
    if (event.kind !== 'state') return;
    if (!event.ready && !lost && event.reason !== undefined)
      warnProcess(`store unavailable, requests continue without it: ${event.reason}`, 'store_unavailable');
    lost = !event.ready;
  };
}
