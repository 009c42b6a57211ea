import type { BackoffOptions } from '@grantgate/middleware/base/backoff';
import { backoffDelayMs } from '@grantgate/middleware/base/backoff';
import type { Clock } from '@grantgate/middleware/base/clock';
import type { ApiObject } from './api-object.ts';
import { keyOf } from './api-object.ts';
import type { ApiClient } from './client.ts';
import type { ApiFault } from './fault.ts';
import { isLasting } from './fault.ts';
import { listObjects } from './list.ts';
import type { Selection } from './selection.ts';
import { watchObjects } from './watch.ts';

export interface ReflectorOptions<T> {
  readonly client: ApiClient;
  readonly selection: Selection;
  readonly clock: Clock;
  /** What is kept of an object; undefined: nothing. What comes out as `before` is no change. */
  readonly keep: (object: ApiObject, before: T | undefined) => T | undefined;
  /** Something was added, changed or removed; not called for a list that says what is known already. */
  readonly onChange: () => void;
  /** `fault` or `isSynced` has changed. */
  readonly onState: () => void;
  /**
   * Calls after which a refusal (403, 404) is believed before anything has been read; default 3, as later on: a server that has
   * just started does not know its roles.
   */
  readonly believeAfter?: number;
  /** Returns a number in [0, 1), as `Math.random`, which is the default. */
  readonly random?: () => number;
}

/** A copy of a selection of objects that follows the cluster. While the API is away it stands as it was. */
export interface Reflector<T> {
  /** By `namespace/name`. */
  readonly items: ReadonlyMap<string, T>;
  /** True once everything has been listed. */
  isSynced(): boolean;
  /** Why the last call failed; undefined while everything goes well. */
  fault(): ApiFault | undefined;
  isWatching(): boolean;
  /** When the API server was last heard of, by the monotonic clock: a list, an event or a bookmark. */
  heardAt(): number | undefined;
  /** Lets go of what was kept of an object. */
  drop(key: string): void;
  /** Tries again at once what waits for its next attempt: the API server is back. */
  wake(): void;
  close(): void;
}

const backoff: Omit<BackoffOptions, 'random'> = { baseMs: 1000, maxMs: 30_000 };
/** No wait is shorter: many copies fail together. */
const leastWaitMs = 100;
/** Failures after which the list is read again, for the server may have another history. */
const maxFailedWatches = 3;
const believeRefusalAfter = 3;
/** Milliseconds that a watch lasts to count as one that worked. */
const goodWatchMs = 5000;
/** Seconds that a watch is asked for: between this and twice as long, so that they do not all end together. */
const watchSeconds = 300;

/** Lists, then watches from there, and goes on with that until it is closed. */
export function createReflector<T>(options: ReflectorOptions<T>): Reflector<T> {
  const { client, selection, clock, keep, onChange, onState, random = Math.random } = options;
  const { believeAfter = believeRefusalAfter } = options;
  const items = new Map<string, T>();
  const end = new AbortController();
  const isClosed = (): boolean => end.signal.aborted;
  let version: string | undefined;
  let synced = false;
  let fault: ApiFault | undefined;
  let failures = 0;
  let watching = false;
  let heardAt: number | undefined;
  let wake: (() => void) | undefined;

  const setFault = (next: ApiFault | undefined): void => {
    if (next?.kind === fault?.kind && next?.message === fault?.message) return;
    fault = next;
    onState();
  };
  const put = (object: ApiObject): boolean => {
    const key = keyOf(object);
    const before = items.get(key);
    const kept = keep(object, before);
    if (kept === undefined) return items.delete(key);
    items.set(key, kept);
    return kept !== before;
  };
  const list = async (): Promise<ApiFault | undefined> => {
    const listed = await listObjects(client, selection, end.signal);
    if (!listed.ok) return listed.fault;
    if (isClosed()) return undefined;
    let changed = false;
    const present = new Set(listed.value.objects.map(keyOf));
    for (const key of items.keys()) if (!present.has(key)) changed = items.delete(key) || changed;
    for (const object of listed.value.objects) changed = put(object) || changed;
    ({ version } = listed.value);
    heardAt = clock.monotonic();
    const first = !synced;
    synced = true;
    setFault(undefined);
    if (first) onState();
    if (changed) onChange();
    return undefined;
  };
  const watch = async (from: string): Promise<ApiFault | undefined> => {
    const begin = clock.monotonic();
    const found = await watchObjects(
      client,
      selection,
      {
        onOpen() {
          watching = true;
          setFault(undefined);
        },
        onEnd: () => void (watching = false),
        onChange(object) {
          if (put(object)) onChange();
        },
        onDelete(object) {
          if (items.delete(keyOf(object))) onChange();
        },
        onVersion(next) {
          version = next;
          heardAt = clock.monotonic();
          failures = 0;
        },
      },
      {
        version: from,
        clock,
        signal: end.signal,
        timeoutSeconds: Math.round(watchSeconds * (1 + random())),
      },
    );
    if (clock.monotonic() - begin >= goodWatchMs) failures = 0;
    return found;
  };
  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = clock.after(ms, done);
      function done(): void {
        wake = undefined;
        timer.cancel();
        end.signal.removeEventListener('abort', done);
        resolve();
      }
      wake = done;
      end.signal.addEventListener('abort', done);
    });
  const run = async (): Promise<void> => {
    while (!isClosed()) {
      const from = version;
      const found = await (from === undefined ? list() : watch(from));
      if (isClosed()) return;
      if (found === undefined) {
        if (from === undefined) continue;
        // A watch that ended normally is opened again at once; one that repeatedly ends at once is delayed.
        failures += 1;
        if (failures === 1) continue;
      } else if (found.kind === 'expired') {
        version = undefined;
        failures += 1;
        if (failures === 1) continue;
      } else {
        failures += 1;
        // A list says better than a watch what is wrong, and knows nothing of versions.
        if (isLasting(found) || failures >= maxFailedWatches) version = undefined;
        if (!isLasting(found) || failures >= (synced ? believeRefusalAfter : believeAfter)) setFault(found);
        // Credentials that were refused are read again, and mostly have been renewed by then.
        if (found.kind === 'unauthorized' && failures === 1) continue;
      }
      const delayMs = Math.max(leastWaitMs, backoffDelayMs(failures - 1, { ...backoff, random }));
      await wait(Math.max(delayMs, found?.retryAfterMs ?? 0));
    }
  };
  void run();
  return {
    items,
    isSynced: () => synced,
    fault: () => fault,
    isWatching: () => watching,
    heardAt: () => heardAt,
    drop: (key) => void items.delete(key),
    wake: () => wake?.(),
    close: () => end.abort(),
  };
}
