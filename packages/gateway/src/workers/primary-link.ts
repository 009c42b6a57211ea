import type { ToPrimary, ToWorker } from './messages.ts';

/** The connection of a worker to its primary. */
export interface PrimaryLink {
  send(message: ToPrimary): void;
  onMessage(listener: (message: ToWorker) => void): void;
  /** Disconnects once every message has been sent; the worker then has no work left, and exits. */
  leave(): Promise<void>;
}

/** The channel that this process was started with. If the primary dies, `node:cluster` ends the worker at once. */
export function createPrimaryLink(process: NodeJS.Process): PrimaryLink {
  let last = Promise.resolve();
  return {
    send(message) {
      last = new Promise((resolve) => {
        if (process.send === undefined) resolve();
        else process.send(message, undefined, undefined, () => resolve());
      });
    },
    onMessage: (listener) => void process.on('message', listener as (message: unknown) => void),
    async leave() {
      await last;
      if (process.connected) process.disconnect();
    },
  };
}
