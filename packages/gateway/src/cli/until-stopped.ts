import type { Io, StopSignal } from './io.ts';

export interface ShutdownSignal {
  /** Resolves at the first SIGINT or SIGTERM. A second signal ends the process at once. */
  readonly stopped: Promise<void>;
  /** Aborted at the same moment. */
  readonly signal: AbortSignal;
  /** Has the same effect as the first signal. */
  stop(): void;
  /** Stops handling signals. */
  cancel(): void;
}

/** Exit codes of processes that a signal ended: 128 and its number. */
const exitCodes: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

/** Starts to wait for a stop signal. */
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
