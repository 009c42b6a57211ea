/** Work in parts, which pauses at each `yield` to let other work run. */
export type Parts<T = void> = Generator<undefined, T, undefined>;

/** Schedules a function to run later. */
export type NextTurn = (run: () => void) => void;

/** Runs work one item after the other, interleaved with the other work of the thread. */
export interface Turns {
  /** Work that has not begun is replaced by newer work, because only the newest matters. */
  run(begin: () => Parts): void;
  /** True when no work is running or waiting. */
  isIdle(): boolean;
  /** Finishes the current work at once, and starts no more. */
  close(): void;
}

/** @param nextTurn called between two parts; default: the next part follows immediately. */
export function createTurns(nextTurn: NextTurn = (run) => run()): Turns {
  let current: Parts | undefined;
  let waiting: (() => Parts) | undefined;
  let isScheduled = false;
  let isClosed = false;
  const advance = (): void => {
    const work = current ?? waiting?.();
    if (current === undefined) waiting = undefined;
    // Failed work is finished.
    current = undefined;
    if (work?.next().done === false) current = work;
  };
  const schedule = (): void => {
    if (isScheduled || isClosed || (current === undefined && waiting === undefined)) return;
    isScheduled = true;
    nextTurn(() => {
      if (isClosed) return;
      try {
        advance();
      } finally {
        isScheduled = false;
      }
      schedule();
    });
  };
  return {
    run(begin) {
      waiting = begin;
      schedule();
    },
    isIdle: () => current === undefined && waiting === undefined,
    close() {
      isClosed = true;
      waiting = undefined;
      while (current !== undefined) advance();
    },
  };
}

/** Runs all parts at once. */
export function finish<T>(work: Parts<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
