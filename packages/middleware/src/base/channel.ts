/** One kind of event that a part announces and that others may listen to; the part knows none of them. */
export interface Channel<T> {
  publish(message: T): void;
  /** Calls `listener` for every message until the returned function is called. What it throws is the listener's own affair. */
  subscribe(listener: (message: T) => void): () => void;
}

/**
 * Creates a channel. Each belongs to what created it, so that two gateways in one process do not hear each other, as they
 * would with `node:diagnostics_channel`.
 *
 * @param onError told what a listener threw: observing a request must not change what becomes of it.
 */
export function createChannel<T>(onError: (error: unknown) => void = () => {}): Channel<T> {
  let listeners: readonly ((message: T) => void)[] = [];
  return {
    publish(message) {
      for (const listener of listeners) {
        try {
          listener(message);
        } catch (error) {
          onError(error);
        }
      }
    },
    subscribe(listener) {
      listeners = [...listeners, listener];
      return () => {
        listeners = listeners.filter((other) => other !== listener);
      };
    },
  };
}
