import type { ServerResponse } from 'node:http';
import type { ObjectChange, Query, TestObjects } from './api-objects.testkit.ts';
import { isSelected, toKind } from './api-objects.testkit.ts';
import type { ApiReply } from './api-replies.testkit.ts';
import { refuse } from './api-replies.testkit.ts';
import { toApiVersion } from './resources.ts';

export interface TestWatch {
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly query: Query;
}

/** Watches of a fake API server. */
export interface TestWatches {
  readonly open: () => readonly TestWatch[];
  /** A response that replaces a watch. */
  readonly start: (watch: TestWatch, response: ServerResponse) => ApiReply | undefined;
  readonly bookmark: () => void;
  readonly end: () => void;
  /** Sends a text unchanged on every watch of a resource. */
  readonly inject: (resource: string, text: string) => void;
  /** The next watches of discarded versions get the status 410 instead of an event. */
  readonly refuseExpired: () => void;
}

interface OpenWatch extends TestWatch {
  readonly response: ServerResponse;
  readonly tell: (change: ObjectChange) => void;
}

/** @param write sends a part of a response. */
export function createWatches(
  objects: TestObjects,
  write: (response: ServerResponse, text: string) => void,
): TestWatches {
  const watches = new Set<OpenWatch>();
  let isRefused = false;
  const send = (response: ServerResponse, type: string, object: unknown): void =>
    write(response, `${JSON.stringify({ type, object })}\n`);
  objects.onChange((change) => {
    for (const watch of watches) if (watch.resource === change.resource) watch.tell(change);
  });
  return {
    open: () => [...watches],
    start(watch, response) {
      const from = Number(watch.query['resourceVersion'] ?? 0);
      const expired = refuse(410, `too old resource version: ${from} (${objects.compacted()})`);
      const isExpired = from < objects.compacted();
      if (isExpired && isRefused) return expired;
      response.writeHead(200, { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' });
      response.flushHeaders();
      if (isExpired) {
        send(response, 'ERROR', expired.body);
        response.end();
        return undefined;
      }
      const tell = ({ type, object, before }: ObjectChange): void => {
        const is = isSelected(object, watch.namespace, watch.query);
        const was = before !== undefined && isSelected(before, watch.namespace, watch.query);
        // An object that no longer matches the selector counts as deleted for this watch.
        if (type === 'DELETED' || !is) {
          if (was) send(response, 'DELETED', object);
        } else send(response, was ? 'MODIFIED' : 'ADDED', object);
      };
      for (const change of objects.since(from)) if (change.resource === watch.resource) tell(change);
      const entry: OpenWatch = { ...watch, response, tell };
      watches.add(entry);
      response.on('close', () => watches.delete(entry));
      return undefined;
    },
    bookmark() {
      for (const { response, resource } of watches) {
        const kind = toKind(resource);
        // No other fields: older versions also had creationTimestamp, as null.
        send(response, 'BOOKMARK', {
          kind: kind?.kind,
          apiVersion: kind && toApiVersion(kind),
          metadata: { resourceVersion: String(objects.version()) },
        });
      }
    },
    end: () => watches.forEach(({ response }) => response.end()),
    inject(resource, text) {
      for (const watch of watches) if (watch.resource === resource) write(watch.response, text);
    },
    refuseExpired: () => void (isRefused = true),
  };
}
