/** One kind of event that a publisher announces to subscribers that it does not know. */
export interface Channel<T> {
  publish(message: T): void;
  /**
   * Calls `listener` for every message until the returned function is called. Errors of the listener do not reach the
   * publisher.
   */
  subscribe(listener: (message: T) => void): () => void;
}

/**
 * Creates a channel. Each belongs to its creator, so that two gateways in one process do not receive each other's messages, as
 * they would with `node:diagnostics_channel`.
 *
 * @param onError called with errors of listeners: observing a request must not change its outcome.
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
