import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import type { ObjectName, Problem } from '../../config/place.ts';
import type { ApiEvent } from './api-event.ts';
import type { ApiClient } from './client.ts';
import type { ClusterObject } from './documents.ts';
import { collectEntries, type EventEntry } from './event-entries.ts';
import { writeEvent } from './event-writer.ts';
import type { ApiFault } from './fault.ts';

export interface EventReporterOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  /** Name of this process. */
  readonly instance: string;
  readonly onEvent: (event: ApiEvent) => void;
}

/** Writes an Event of the cluster for each problem of an object. */
export interface EventReporter {
  /** Receives all current problems each time; known ones are not repeated. */
  report(problems: readonly Problem[], find: (object: ObjectName) => ClusterObject | undefined): void;
  close(): void;
}

/** Milliseconds before a problem becomes an Event, because objects that refer to each other arrive one after the other. */
export const settleMs = 5000;

/** A cluster discards Events after an hour, so persistent problems are reported again before that. */
export const renewMs = 30 * 60_000;
/** Milliseconds before a failed write is retried. */
export const retryMs = 60_000;

export function createEventReporter({
  client,
  clock,
  instance,
  onEvent,
}: EventReporterOptions): EventReporter {
  const end = new AbortController();
  const isClosed = (): boolean => end.signal.aborted;
  let entries: ReadonlyMap<string, EventEntry> = new Map();
  let working = false;
  let timer: Timer | undefined;
  const refusals = createEventRefusals(clock, onEvent);

  /** Time of the next write, by the monotonic clock. */
  const dueAt = ({ saidAt, notBefore, object }: EventEntry): number =>
    Math.max(
      saidAt === undefined ? -Infinity : saidAt + renewMs,
      notBefore,
      refusals.until(object.namespace),
    );

  const work = async (): Promise<void> => {
    if (working || isClosed()) return;
    working = true;
    timer?.cancel();
    let waitMs: number | undefined;
    for (;;) {
      const entry = [...entries.values()].find((each) => dueAt(each) <= clock.monotonic());
      if (entry === undefined) break;
      const fault = await writeEvent(entry, { client, instance, now: clock.now(), signal: end.signal });
      if (isClosed()) return;
      // An object in a deleted namespace has nothing to report.
      if (fault === undefined || fault.kind === 'not_found') {
        entry.count += 1;
        entry.saidAt = clock.monotonic();
        if (fault === undefined) refusals.end(entry.object.namespace);
        continue;
      }
      if (fault.kind === 'forbidden' || fault.kind === 'invalid') {
        refusals.note(entry, fault);
        continue;
      }
      // The API server is unavailable or busy, so the other Events would fail too.
      waitMs = retryMs;
      break;
    }
    working = false;
    schedule(waitMs);
  };

  const schedule = (waitMs = dueInMs()): void => {
    timer?.cancel();
    timer = undefined;
    if (entries.size > 0) timer = clock.after(waitMs, () => void work());
  };

  /** Sleeps until the next entry is due. */
  const dueInMs = (): number =>
    Math.max(0, Math.min(...Array.from(entries.values(), dueAt)) - clock.monotonic());

  return {
    report(problems, find) {
      entries = collectEntries(problems, find, entries, clock.monotonic() + settleMs);
      if (!working) schedule();
    },
    close() {
      end.abort();
      timer?.cancel();
    },
  };
}

/** Events that the API server refuses: by role in one namespace, or individually. */
interface EventRefusals {
  /** Time of the next attempt in a namespace, by the monotonic clock. */
  until(namespace: string): number;
  /** Postpones one Event, or all of its namespace; announces the first of a namespace. */
  note(entry: EventEntry, fault: ApiFault): void;
  /** An Event of the namespace has been written: the next refusal is announced again. */
  end(namespace: string): void;
}

function createEventRefusals(clock: Clock, onEvent: EventReporterOptions['onEvent']): EventRefusals {
  /** Namespaces in which Events cannot be written, with the time of the next attempt. A role or a deletion affects one namespace. */
  const forbiddenUntil = new Map<string, number>();
  const announced = new Set<string>();
  return {
    until: (namespace) => forbiddenUntil.get(namespace) ?? -Infinity,
    note(entry, fault) {
      const { namespace } = entry.object;
      onEvent({ kind: 'event_refused', reason: fault.kind });
      const retryAt = clock.monotonic() + renewMs;
      if (fault.kind === 'forbidden') forbiddenUntil.set(namespace, retryAt);
      else entry.notBefore = retryAt;
      if (announced.has(namespace)) return;
      announced.add(namespace);
      onEvent({ kind: 'events_refused', namespace, reason: fault.message });
    },
    end: (namespace) => void announced.delete(namespace),
  };
}
