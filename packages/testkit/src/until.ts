/** Milliseconds; less than the time limit of a test, so that an unsuccessful wait reports its own error. */
const limitMs = 90_000;

const inVain = (awaited: string): Error => new Error(`waited ${limitMs / 1000} s in vain for ${awaited}`);

/**
 * Calls `attempt` until it returns a value, and returns that value. Rejects when `attempt` does, or after 90 s.
 *
 * @param awaited noun for the error; default: the source of `attempt`.
 */
export async function until<T>(
  attempt: () => Promise<T | undefined | false> | T | undefined | false,
  awaited: () => string = () => String(attempt),
): Promise<T> {
  const end = performance.now() + limitMs;
  for (let turn = 0; ; turn += 1) {
    const outcome = await attempt();
    if (outcome !== undefined && outcome !== false) return outcome;
    if (performance.now() > end) throw inVain(awaited());
    // Work of this process takes only a few turns of its event loop; other work needs time.
    await new Promise((resolve) => (turn < 10 ? setImmediate(resolve) : setTimeout(resolve, 5)));
  }
}

/**
 * The result of `promise`, or an error after 90 s.
 *
 * @param awaited noun for the error.
 */
export async function inTime<T>(promise: Promise<T>, awaited: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(inVain(awaited())), limitMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Runs this many turns of the event loop. */
export async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
