/** Work in parts: others may have a turn where it yields. */
export type Parts<T = void> = Generator<undefined, T, undefined>;

/** Has something run later. */
export type NextTurn = (run: () => void) => void;

/** Does one piece of work after the other, in turns with everything else that the thread has to do. */
export interface Turns {
  /** Work that has not begun gives way to newer work: only the newest matters. */
  run(begin: () => Parts): void;
  /** True when no work has begun or waits. */
  isIdle(): boolean;
  /** Ends what has begun, at once, and begins nothing more. */
  close(): void;
}

/** @param nextTurn called between two parts; default: the next part follows at once. */
export function createTurns(nextTurn: NextTurn = (run) => run()): Turns {
  let current: Parts | undefined;
  let waiting: (() => Parts) | undefined;
  let isScheduled = false;
  let isClosed = false;
  const advance = (): void => {
    const work = current ?? waiting?.();
    if (current === undefined) waiting = undefined;
    // Work that fails is over.
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

/** All parts at once. */
export function finish<T>(work: Parts<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
