import type { Clock } from '@grantgate/middleware/base/clock';
import type { ApiObject } from './api-object.ts';
import { keyOf } from './api-object.ts';
import { createAttempts } from './attempts.ts';
import type { ApiClient } from './client.ts';
import type { ApiFault } from './fault.ts';
import { createItems } from './items.ts';
import { listObjects } from './list.ts';
import { createPause } from './pause.ts';
import type { Selection } from './selection.ts';
import type { WatchListener } from './watch.ts';
import { watchObjects } from './watch.ts';

export interface ReflectorOptions<T> {
  readonly client: ApiClient;
  readonly selection: Selection;
  readonly clock: Clock;
  /** Returns the part of an object to keep; undefined: none. A result that equals `before` is no change. */
  readonly keep: (object: ApiObject, before: T | undefined) => T | undefined;
  /** Called when an object was added, changed or removed; not for a list without changes. */
  readonly onChange: () => void;
  /** Called when `fault` or `isSynced` has changed. */
  readonly onState: () => void;
  /**
   * Calls after which a refusal (403, 404) counts before anything has been read; default 3, as later: a server that has
   * just started does not know its roles.
   */
  readonly believeAfter?: number;
  /** Returns a number in [0, 1), as `Math.random`, which is the default. */
  readonly random?: () => number;
}

/** A copy of a selection of objects that follows the cluster. While the API server is unavailable, it stays unchanged. */
export interface Reflector<T> {
  /** By `namespace/name`. */
  readonly items: ReadonlyMap<string, T>;
  /** True once everything has been listed. */
  isSynced(): boolean;
  /** The reason why the last call failed; undefined after a success. */
  fault(): ApiFault | undefined;
  isWatching(): boolean;
  /** Time of the last list, event or bookmark from the API server, by the monotonic clock. */
  heardAt(): number | undefined;
  /** Drops the stored parts of an object. */
  drop(key: string): void;
  /** Retries immediately, because the API server is available again. */
  wake(): void;
  close(): void;
}

/** Minimum duration of a successful watch, in milliseconds. */
const goodWatchMs = 5000;
/** Requested duration of a watch in seconds: between this and twice as long, so that watches do not end at the same time. */
const watchSeconds = 300;

/** Lists, then watches from that version, and repeats this until it is closed. */
export function createReflector<T>(options: ReflectorOptions<T>): Reflector<T> {
  const { client, selection, clock, keep, onChange, onState, random = Math.random } = options;
  const items = createItems(keep);
  const end = new AbortController();
  const pause = createPause(clock, end.signal);
  const attempts = createAttempts(random, options.believeAfter);
  const believed = createBelieved(onState);
  let version: string | undefined;
  let synced = false;
  let watching = false;
  let heardAt: number | undefined;

  const list = async (): Promise<ApiFault | undefined> => {
    const listed = await listObjects(client, selection, end.signal);
    if (!listed.ok) return listed.fault;
    if (end.signal.aborted) return undefined;
    const changed = items.replace(listed.value.objects);
    ({ version } = listed.value);
    heardAt = clock.monotonic();
    const first = !synced;
    synced = true;
    believed.set(undefined);
    if (first) onState();
    if (changed) onChange();
    return undefined;
  };
  const listener: WatchListener = {
    onOpen() {
      watching = true;
      believed.set(undefined);
    },
    onEnd: () => void (watching = false),
    onChange(object) {
      if (items.put(object)) onChange();
    },
    onDelete(object) {
      if (items.remove(keyOf(object))) onChange();
    },
    onVersion(next) {
      version = next;
      heardAt = clock.monotonic();
      attempts.succeed();
    },
  };
  const watch = async (from: string): Promise<ApiFault | undefined> => {
    const begin = clock.monotonic();
    const timeoutSeconds = Math.round(watchSeconds * (1 + random()));
    const { signal } = end;
    const found = await watchObjects(client, selection, listener, {
      version: from,
      clock,
      signal,
      timeoutSeconds,
    });
    if (clock.monotonic() - begin >= goodWatchMs) attempts.succeed();
    return found;
  };
  /** One list or watch, and the wait after it. */
  const step = async (): Promise<void> => {
    const from = version;
    const found = await (from === undefined ? list() : watch(from));
    if (end.signal.aborted || (from === undefined && found === undefined)) return;
    const next = found === undefined ? attempts.afterWatch() : attempts.afterFault(found, synced);
    if (next.listAgain) version = undefined;
    if (next.isBelieved) believed.set(found);
    if (next.waitMs !== undefined) await pause.wait(next.waitMs);
  };
  void repeat(step, end.signal);
  return {
    items: items.all,
    isSynced: () => synced,
    fault: believed.fault,
    isWatching: () => watching,
    heardAt: () => heardAt,
    drop: (key) => void items.remove(key),
    wake: () => pause.end(),
    close: () => end.abort(),
  };
}

/** The fault that is reported. */
function createBelieved(onState: () => void) {
  let fault: ApiFault | undefined;
  return {
    fault: () => fault,
    set(next: ApiFault | undefined): void {
      if (next?.kind === fault?.kind && next?.message === fault?.message) return;
      fault = next;
      onState();
    },
  };
}

async function repeat(step: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await step();
}
