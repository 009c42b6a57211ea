import type { IncomingMessage } from 'node:http';
import type { Clock } from '@grantgate/middleware/base/clock';
import { isMapping, valueAt } from '../../config/path.ts';
import type { ApiObject } from './api-object.ts';
import { toApiObject } from './api-object.ts';
import type { ApiClient } from './client.ts';
import type { ApiFault } from './fault.ts';
import { toFault } from './fault.ts';
import { readJsonLines } from './json-lines.ts';
import type { Selection } from './selection.ts';
import { toRequest } from './selection.ts';

/** Events of one watch, in order. */
export interface WatchListener {
  /** The watch is open, so the API server is available. */
  onOpen(): void;
  /** The watch is closed. */
  onEnd(): void;
  onChange(object: ApiObject): void;
  onDelete(object: ApiObject): void;
  /** Every event up to this version has been received. */
  onVersion(version: string): void;
}

export interface ApiWatchOptions {
  /** The watch reports events after this version. */
  readonly version: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Seconds after which the server ends the watch, so that load spreads over its replicas again. */
  readonly timeoutSeconds: number;
}

/** Milliseconds without a byte after which a connection counts as dead; the server sends bookmarks about once a minute. */
export const watchIdleMs = 150_000;
/** Milliseconds in which a server may end a watch by itself. */
const overtimeMs = 30_000;

/** Watches a selection until the watch ends. Undefined: the watch was open and ended normally. */
export async function watchObjects(
  client: ApiClient,
  selection: Selection,
  listener: WatchListener,
  { version, clock, signal, timeoutSeconds }: ApiWatchOptions,
): Promise<ApiFault | undefined> {
  const request = toRequest(selection, 'watch');
  const opened = await client.open(
    {
      ...request,
      query: {
        ...request.query,
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: version,
        timeoutSeconds: String(timeoutSeconds),
      },
    },
    signal,
  );
  if (!opened.ok) return opened.fault;
  listener.onOpen();
  const body = opened.value;
  const watched = limitWatch(body, clock, timeoutSeconds * 1000 + overtimeMs);
  try {
    for await (const event of readJsonLines(watched.bytes)) {
      const fault = tell(event, listener);
      if (fault !== undefined) return fault;
    }
    return undefined;
  } catch (error) {
    // The event in an unreadable line is repeated by a watch from the previous version.
    if (error instanceof SyntaxError || error instanceof RangeError)
      return { kind: 'failed', message: 'the API server sent an invalid watch event' };
    // Connections break or stall; the next watch finds out whether the server is available.
    return undefined;
  } finally {
    listener.onEnd();
    watched.end();
    body.destroy();
  }
}

/** Ends a body that is silent, or open for too long. */
function limitWatch(body: IncomingMessage, clock: Clock, longestMs: number) {
  const begin = clock.monotonic();
  let last = begin;
  const check = (): { cancel(): void } => {
    const dueMs = Math.min(last + watchIdleMs, begin + longestMs) - clock.monotonic();
    return clock.after(Math.max(0, dueMs), () => {
      const now = clock.monotonic();
      if (now - last >= watchIdleMs || now - begin >= longestMs)
        body.destroy(new Error('the watch was silent'));
      else timer = check();
    });
  };
  let timer = check();
  return {
    bytes: (async function* () {
      for await (const chunk of body) {
        last = clock.monotonic();
        yield chunk as Uint8Array;
      }
    })(),
    end: () => timer.cancel(),
  };
}

function tell(event: unknown, listener: WatchListener): ApiFault | undefined {
  const type = valueAt(event, ['type']);
  const object = valueAt(event, ['object']);
  if (type === 'ERROR') {
    const code = valueAt(object, ['code']);
    const message = valueAt(object, ['message']);
    return toFault(typeof code === 'number' ? code : 500, typeof message === 'string' ? message : '');
  }
  const version = valueAt(object, ['metadata', 'resourceVersion']);
  if (!isMapping(object) || typeof version !== 'string' || version === '')
    return { kind: 'failed', message: 'the API server sent an invalid watch event' };
  const changed = toApiObject(object);
  if (changed !== undefined) {
    if (type === 'ADDED' || type === 'MODIFIED') listener.onChange(changed);
    else if (type === 'DELETED') listener.onDelete(changed);
  }
  listener.onVersion(version);
  return undefined;
}
