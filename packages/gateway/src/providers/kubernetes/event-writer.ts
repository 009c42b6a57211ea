import type { ApiClient } from './client.ts';
import type { EventEntry } from './event-entries.ts';
import type { ApiFault } from './fault.ts';
import { isPermitted, resources, toApiVersion, toPath } from './resources.ts';

export interface EventWrite {
  readonly client: ApiClient;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Name of this process. */
  readonly instance: string;
  readonly signal: AbortSignal;
}

/** Whether this or another process has reported it before; if so, the count of the existing Event increases. */
export async function writeEvent(
  entry: EventEntry,
  { client, now: ms, instance, signal }: EventWrite,
): Promise<ApiFault | undefined> {
  const { namespace } = entry.object;
  const now = toMicroTime(ms);
  const create = (): ReturnType<ApiClient['readJson']> => {
    const request = toEventRequest('create', toPath(resources.events, namespace));
    return client.readJson({ ...request, body: toEvent(entry, now, instance) }, signal);
  };
  const count = async (): ReturnType<ApiClient['readJson']> => {
    const request = toEventRequest('patch', toPath(resources.events, namespace, entry.name));
    const series = { count: Math.max(2, entry.count + 1), lastObservedTime: now };
    return client.readJson({ ...request, body: { series } }, signal);
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
}

/** Low priority: Events wait for requests that routes need. */
function toEventRequest(verb: 'create' | 'patch', path: string) {
  if (!isPermitted(resources.events, verb)) throw new Error(`${verb} events is not in requiredPermissions`);
  return { resource: resources.events, verb, background: true, path };
}

/** RFC 3339 with microseconds, as the API requires. */
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
