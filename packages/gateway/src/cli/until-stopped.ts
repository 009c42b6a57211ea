import type { Io, StopSignal } from './io.ts';

export interface Stop {
  /** Resolves at the first SIGINT or SIGTERM. A second one ends the process at once. */
  readonly stopped: Promise<void>;
  /** Lets signals do what they do without us. */
  cancel(): void;
}

/** Exit codes of processes that a signal ended: 128 and its number. */
const exitCodes: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

/** Waits for the process to be asked to stop, from now on. */
export function untilStopped(io: Io): Stop {
  let settle = (): void => {};
  const stopped = new Promise<void>((resolve) => (settle = resolve));
  let asked = false;
  const cancel = io.onSignal((signal) => {
    if (asked) io.exit(exitCodes[signal]);
    asked = true;
    settle();
  });
  return { stopped, cancel };
}
