/** Milliseconds: less than a test may take, so that a wait in vain says itself what it was for. */
const limitMs = 90_000;

const inVain = (awaited: string): Error => new Error(`waited ${limitMs / 1000} s in vain for ${awaited}`);

/**
 * Calls `attempt` until it gives something, and gives that. Rejects when it does so first, or after 90 s.
 *
 * @param awaited names in the error what did not come; default: the source of `attempt`.
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
    // Work of this process alone takes a few turns of its event loop; everything else has the machine.
    await new Promise((resolve) => (turn < 10 ? setImmediate(resolve) : setTimeout(resolve, 5)));
  }
}

/**
 * The result of `promise`, or an error after 90 s.
 *
 * @param awaited names in the error what did not come.
 */
export async function inTime<T>(promise: Promise<T>, awaited: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(inVain(awaited())), limitMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Lets the event loop of this process go on for so many turns. */
export async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
