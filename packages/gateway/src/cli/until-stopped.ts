import type { Io, StopSignal } from './io.ts';

export interface ShutdownSignal {
  /** Resolves at the first SIGINT or SIGTERM. A second one ends the process at once. */
  readonly stopped: Promise<void>;
  /** Aborted at the same moment. */
  readonly signal: AbortSignal;
  /** Does what the first signal does. */
  stop(): void;
  /** Stops handling signals. */
  cancel(): void;
}

/** Exit codes of processes that a signal ended: 128 and its number. */
const exitCodes: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

/** Waits for a stop signal, from now on. */
export function untilStopped(io: Io): ShutdownSignal {
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) =>
    stopping.signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  let asked = false;
  const cancel = io.onSignal((signal) => {
    if (asked) io.exit(exitCodes[signal]);
    asked = true;
    stopping.abort();
  });
  const stop = (): void => {
    asked = true;
    stopping.abort();
  };
  return { stopped, signal: stopping.signal, stop, cancel };
}
