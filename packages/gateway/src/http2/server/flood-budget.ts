/** Limits what a caller can make a connection do without a response to show for it. Counts, so that it does not depend on time. */
export interface FloodBudget {
  /** A frame that asks for an acknowledgement: PING or SETTINGS. */
  controlFrame(): void;
  request(): void;
  /** A second has passed: callers may send PING to see whether the connection is alive. */
  second(): void;
  /** A stream has ended. @param begun whether its response had begun; otherwise the caller has reset it. */
  ended(begun: boolean): void;
}

/** Frames beyond those that requests, and seconds, account for. */
const maxControlFrames = 1000;
const controlFramesPerRequest = 10;
/** Requests that were reset before their response, beyond one for each response. */
const maxResets = 100;

/** @param onFlood called once, when the budget is exhausted. */
export function createFloodBudget(onFlood: () => void): FloodBudget {
  let controlFrames = maxControlFrames;
  let resets = maxResets;
  let isExhausted = false;
  const check = (left: number): void => {
    if (left >= 0 || isExhausted) return;
    isExhausted = true;
    onFlood();
  };
  return {
    controlFrame: () => check((controlFrames -= 1)),
    request() {
      controlFrames = Math.min(maxControlFrames, controlFrames + controlFramesPerRequest);
    },
    second() {
      controlFrames = Math.min(maxControlFrames, controlFrames + controlFramesPerRequest);
    },
    ended(begun) {
      resets = begun ? Math.min(maxResets, resets + 1) : resets - 1;
      check(resets);
    },
  };
}
