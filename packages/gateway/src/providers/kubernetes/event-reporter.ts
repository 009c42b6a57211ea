import { createHash } from 'node:crypto';
import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import type { ObjectName, Problem } from '../../config/place.ts';
import type { ApiEvent } from './api-event.ts';
import type { ApiClient } from './client.ts';
import type { ClusterObject } from './documents.ts';
import type { ApiFault } from './fault.ts';
import { isPermitted, resources, toApiVersion, toPath } from './resources.ts';

export interface EventReporterOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  /** Name of this process. */
  readonly instance: string;
  readonly onEvent: (event: ApiEvent) => void;
}

/** Writes an Event of the cluster for each thing that is wrong with an object. */
export interface EventReporter {
  /** Told all that is wrong, each time; what was said already is not said again. */
  report(problems: readonly Problem[], find: (object: ObjectName) => ClusterObject | undefined): void;
  close(): void;
}

interface EventEntry {
  /** The same in every copy of the gateway, so that they write one Event together. */
  readonly name: string;
  readonly object: ClusterObject;
  readonly note: string;
  /** Times that it was said. */
  count: number;
  /** When it was said last, by the monotonic clock; undefined: not yet. */
  saidAt: number | undefined;
  /** Not written before: it may be gone by then, or was rejected as it is. */
  notBefore: number;
}

/** Milliseconds that a problem stands before it becomes an Event: objects that refer to each other arrive one after the other. */
export const settleMs = 5000;

/** A cluster forgets Events after an hour: what is still wrong is said again before. */
export const renewMs = 30 * 60_000;
/** Milliseconds until what could not be written is tried again. */
export const retryMs = 60_000;
/** Of one object; the log has the rest. */
const maxPerObject = 10;
const maxEntries = 1000;
/** Kinds whose authors can mend what is wrong. */
const reportedKinds: ReadonlySet<string> = new Set([
  'IngressRoute',
  'Middleware',
  'Ingress',
  'Gateway',
  'HTTPRoute',
]);
/** Characters of a note: 1024 bytes at most, whatever they are. */
const maxNote = 250;

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
  /** Namespaces that Events may not be written to, with the time of the next attempt: a role or a deletion concerns one of them. */
  const forbiddenUntil = new Map<string, number>();
  /** Namespaces whose refusal has been announced. */
  const announced = new Set<string>();

  /** When it is written next, by the monotonic clock. */
  const dueAt = ({ saidAt, notBefore, object }: EventEntry): number =>
    Math.max(
      saidAt === undefined ? -Infinity : saidAt + renewMs,
      notBefore,
      forbiddenUntil.get(object.namespace) ?? -Infinity,
    );
  const refuse = (entry: EventEntry, fault: ApiFault): void => {
    const { namespace } = entry.object;
    onEvent({ kind: 'event_refused', reason: fault.kind });
    const retryAt = clock.monotonic() + renewMs;
    if (fault.kind === 'forbidden') forbiddenUntil.set(namespace, retryAt);
    else entry.notBefore = retryAt;
    if (announced.has(namespace)) return;
    announced.add(namespace);
    onEvent({ kind: 'events_refused', namespace, reason: fault.message });
  };
  const work = async (): Promise<void> => {
    if (working || isClosed()) return;
    working = true;
    timer?.cancel();
    let waitMs: number | undefined;
    for (;;) {
      const entry = [...entries.values()].find((each) => dueAt(each) <= clock.monotonic());
      if (entry === undefined) break;
      const fault = await write(entry);
      if (isClosed()) return;
      // An object whose namespace goes has nothing left to say.
      if (fault === undefined || fault.kind === 'not_found') {
        entry.count += 1;
        entry.saidAt = clock.monotonic();
        if (fault === undefined) announced.delete(entry.object.namespace);
        continue;
      }
      if (fault.kind === 'forbidden' || fault.kind === 'invalid') {
        refuse(entry, fault);
        continue;
      }
      // The API server is away or busy: the others would fare no better.
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
  /** Until the next entry is due. */
  const dueInMs = (): number =>
    Math.max(0, Math.min(...Array.from(entries.values(), dueAt)) - clock.monotonic());
  /** Said before, by this process or another: the Event that there is gets a count. */
  const write = async (entry: EventEntry): Promise<ApiFault | undefined> => {
    const { namespace } = entry.object;
    const now = toMicroTime(clock.now());
    const create = (): ReturnType<ApiClient['readJson']> => {
      const request = toEventRequest('create', toPath(resources.events, namespace));
      return client.readJson({ ...request, body: toEvent(entry, now, instance) }, end.signal);
    };
    const count = async (): ReturnType<ApiClient['readJson']> => {
      const request = toEventRequest('patch', toPath(resources.events, namespace, entry.name));
      const series = { count: Math.max(2, entry.count + 1), lastObservedTime: now };
      return client.readJson({ ...request, body: { series } }, end.signal);
    };
    if (entry.count === 0) {
      const created = await create();
      if (created.ok) return undefined;
      if (created.fault.kind !== 'conflict') return created.fault;
    }
    const counted = await count();
    if (counted.ok) return undefined;
    if (counted.fault.kind !== 'not_found' || entry.count === 0) return counted.fault;
    const again = await create();
    return again.ok ? undefined : again.fault;
  };
  return {
    report(problems, find) {
      entries = collect(problems, find, entries, clock.monotonic() + settleMs);
      if (!working) schedule();
    },
    close() {
      end.abort();
      timer?.cancel();
    },
  };
}

/** Events wait for what routes need. */
function toEventRequest(verb: 'create' | 'patch', path: string) {
  if (!isPermitted(resources.events, verb)) throw new Error(`${verb} events is not in requiredPermissions`);
  return { resource: resources.events, verb, background: true, path };
}

/** What is wrong now; what was wrong before keeps its count. */
function collect(
  problems: readonly Problem[],
  find: (object: ObjectName) => ClusterObject | undefined,
  before: ReadonlyMap<string, EventEntry>,
  notBefore: number,
): ReadonlyMap<string, EventEntry> {
  const entries = new Map<string, EventEntry>();
  const counts = new Map<ClusterObject, number>();
  for (const { severity, place, path, message, code } of problems) {
    if (
      severity !== 'error' ||
      // Nobody who reads the Event can do anything about it.
      code === 'unread_secret' ||
      place.object === undefined ||
      !reportedKinds.has(place.object.kind)
    )
      continue;
    const object = find(place.object);
    if (object === undefined || entries.size >= maxEntries) continue;
    const count = counts.get(object) ?? 0;
    if (count >= maxPerObject) continue;
    counts.set(object, count + 1);
    const note = truncate(`${path === '' ? '' : `${path}: `}${message} [${code}]`);
    const hash = createHash('sha256').update(`${object.uid}\0${note}`).digest('hex').slice(0, 16);
    // A name of an object has 253 characters at most, and each part between dots ends with a letter or a digit.
    const name = `${object.name.slice(0, 200).replace(/[-.]+$/, '')}.${hash}`;
    entries.set(name, before.get(name) ?? { name, object, note, count: 0, saidAt: undefined, notBefore });
  }
  return entries;
}

const truncate = (text: string): string => (text.length > maxNote ? `${text.slice(0, maxNote - 1)}…` : text);

/** RFC 3339 with microseconds, as the API wants it. */
const toMicroTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');

const toEvent = ({ name, object, note }: EventEntry, now: string, instance: string) => ({
  apiVersion: toApiVersion(resources.events),
  kind: resources.events.kind,
  metadata: { name, namespace: object.namespace },
  eventTime: now,
  type: 'Warning',
  reason: 'InvalidConfiguration',
  action: 'Load',
  note,
  reportingController: 'grantgate',
  reportingInstance: instance.slice(0, 128),
  regarding: {
    apiVersion: toApiVersion(object.resource),
    kind: object.resource.kind,
    namespace: object.namespace,
    name: object.name,
    uid: object.uid,
  },
});
