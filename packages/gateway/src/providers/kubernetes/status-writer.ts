import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import { valueAt } from '../../config/path.ts';
import type { ApiEvent } from './api-event.ts';
import type { ApiClient } from './client.ts';
import { renewMs, retryMs } from './event-reporter.ts';
import type { ApiFault } from './fault.ts';
import { isPermitted, resources, toPath } from './resources.ts';
import type { StatusCondition, ParentStatus, RouteStatus } from './route-statuses.ts';
import { isSameStatus } from './route-statuses.ts';

export interface StatusWriterOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly onEvent: (event: ApiEvent) => void;
}

/** Writes to HTTPRoutes whether they are served. All replicas write the same status, so each first checks the current one. */
export interface StatusWriter {
  /** Receives all statuses each time; those that were already written are not repeated. */
  report(statuses: readonly RouteStatus[]): void;
  close(): void;
}

/** Milliseconds in which changes are collected. */
const settleMs = 200;

export function createStatusWriter({ client, clock, onEvent }: StatusWriterOptions): StatusWriter {
  const end = new AbortController();
  /** Last status in the API server, by uid. */
  const written = new Map<string, string>();
  /** Namespaces that must not be written to, with the time of the next attempt. */
  const forbiddenUntil = new Map<string, number>();
  let wanted: readonly RouteStatus[] = [];
  let isWorking = false;
  let timer: Timer | undefined;

  const schedule = (ms: number): void => {
    if (end.signal.aborted || isWorking) return;
    timer?.cancel();
    timer = clock.after(ms, () => void work());
  };
  const isDue = ({ object, parents }: RouteStatus): boolean => {
    const before = written.get(object.uid);
    // A route that never belonged to a Gateway of this gateway is skipped.
    if (before === undefined && parents.length === 0) return false;
    return (
      before !== toKey({ object, parents }) &&
      (forbiddenUntil.get(object.namespace) ?? -Infinity) <= clock.monotonic()
    );
  };
  const refuse = (namespace: string, fault: ApiFault): void => {
    if (!forbiddenUntil.has(namespace))
      onEvent({ kind: 'statuses_refused', namespace, reason: fault.message });
    forbiddenUntil.set(namespace, clock.monotonic() + renewMs);
  };
  const work = async (): Promise<void> => {
    isWorking = true;
    let retry = false;
    for (let next = wanted.find(isDue); next !== undefined; next = wanted.find(isDue)) {
      const fault = await write(client, clock, next, end.signal);
      if (end.signal.aborted) return;
      if (fault === undefined || fault.kind === 'not_found') written.set(next.object.uid, toKey(next));
      else if (fault.kind === 'forbidden') refuse(next.object.namespace, fault);
      else {
        // Either another client has changed it, or the API server is unavailable.
        retry = true;
        break;
      }
    }
    isWorking = false;
    if (retry) schedule(retryMs);
    else if (wanted.some(isDue)) schedule(settleMs);
  };
  return {
    report(statuses) {
      wanted = statuses;
      if (statuses.some(isDue)) schedule(settleMs);
    },
    close() {
      end.abort();
      timer?.cancel();
    },
  };
}

const toKey = ({ object, parents }: RouteStatus): string => JSON.stringify([object.generation, parents]);

/** Keeps the statuses of other controllers, and the times of unchanged conditions. */
async function write(
  client: ApiClient,
  clock: Clock,
  { object, parents }: RouteStatus,
  signal: AbortSignal,
): Promise<ApiFault | undefined> {
  const path = toPath(resources.httpRoutes, object.namespace, object.name);
  const read = await client.readJson(toRequest('get', path), signal);
  if (!read.ok) return read.fault;
  // A newer version is about to arrive.
  if (valueAt(read.value, ['metadata', 'generation']) !== object.generation) return undefined;
  const listed = valueAt(read.value, ['status', 'parents']);
  const existing: readonly unknown[] = Array.isArray(listed) ? listed : [];
  const own = parents.map((parent) => toParent(parent, object.generation, existing, clock.now()));
  const all = [...existing.filter((parent) => !isOurs(parent)), ...own];
  if (isSameStatus(existing.filter(isOurs), own)) return undefined;
  const resourceVersion = valueAt(read.value, ['metadata', 'resourceVersion']);
  const body = { metadata: { resourceVersion }, status: { parents: all } };
  const patched = await client.readJson({ ...toRequest('patch', `${path}/status`), body }, signal);
  return patched.ok ? undefined : patched.fault;
}

/** Low priority: status writes wait for requests that routes need. */
function toRequest(verb: 'get' | 'patch', path: string) {
  const { httpRoutes } = resources;
  const resource = verb === 'get' ? httpRoutes : { ...httpRoutes, resource: `${httpRoutes.resource}/status` };
  if (!isPermitted(resource, verb)) throw new Error(`${verb} ${resource.resource} is not permitted`);
  return { resource, verb, background: true, path };
}

const isOurs = (parent: unknown): boolean =>
  /^(?:grantgate\.dev|traefik\.io)\/gateway-controller$/.test(String(valueAt(parent, ['controllerName'])));

function toParent(
  { parentRef, controllerName, conditions }: ParentStatus,
  observedGeneration: number,
  existing: readonly unknown[],
  now: number,
): object {
  const before = existing.find(
    (parent) =>
      JSON.stringify(valueAt(parent, ['parentRef'])) === JSON.stringify(parentRef) && isOurs(parent),
  );
  const listed = valueAt(before, ['conditions']);
  const known: readonly unknown[] = Array.isArray(listed) ? listed : [];
  const timeOf = ({ type, status }: StatusCondition): unknown =>
    valueAt(
      known.find((one) => valueAt(one, ['type']) === type && valueAt(one, ['status']) === status),
      ['lastTransitionTime'],
    ) ?? new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
  return {
    parentRef,
    controllerName,
    conditions: conditions.map((condition) => ({
      ...condition,
      observedGeneration,
      lastTransitionTime: timeOf(condition),
    })),
  };
}
