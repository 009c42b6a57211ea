import type { Timer } from '@grantgate/middleware/base/clock';
import { noTrailers } from '../../http1/message/response-writer.ts';
import type { CallerResponse } from '../../proxy/caller-response.ts';
import { safeHeaders } from './admin-reply.ts';
import type { ResourceContext } from './resource.ts';
import { readRefusals, readSummary } from './resources.ts';
import type { RecentRefusal } from './shapes.ts';

/** Event streams with the changes of the gateway's state. */
export interface Events {
  /** False when too many streams are open. */
  open(response: CallerResponse): boolean;
  /** Ends all streams. */
  close(): void;
}

/** Event streams of one process. */
const maxStreams = 32;
/** Milliseconds between two events of one kind. */
const everyMs = 1_000;
/** Ticks without an event after which a stream sends a keep-alive, because proxies close silent streams. */
const aliveTicks = 15;
/** Maximum number of refusals in the first event, and in any other. */
const maxFirst = 20;

interface Stream {
  readonly response: CallerResponse;
  /** Last texts that were sent, by event; for the overview, by member. */
  readonly sent: Map<string, string>;
  readonly refusals: Set<string>;
  isFirst: boolean;
  isBlocked: boolean;
  silentTicks: number;
}

type EventsContext = Omit<ResourceContext, 'query' | 'name'>;

/** Reads once a second for all streams, and pauses while there are none. */
export function createEvents(context: EventsContext): Events {
  const { clock } = context.source;
  const streams = new Set<Stream>();
  let timer: Timer | undefined;
  let isClosed = false;
  const tick = async (): Promise<void> => {
    try {
      const news = await readNews(context);
      for (const stream of streams) send(stream, news);
    } catch {
      // The workers did not reply; the next tick tries again.
    }
    timer = streams.size > 0 && !isClosed ? clock.after(everyMs, () => void tick()) : undefined;
  };
  return {
    open(response) {
      if (streams.size >= maxStreams || isClosed || response.over) return false;
      const stream: Stream = {
        ...{ response, sent: new Map(), refusals: new Set() },
        ...{ isFirst: true, isBlocked: false, silentTicks: 0 },
      };
      begin(response);
      streams.add(stream);
      response.onClose({ responseClosed: () => void streams.delete(stream) });
      // The first tick is immediate; for streams that are already open, it is an ordinary one.
      if (timer === undefined && streams.size === 1) {
        timer = clock.after(0, () => void tick());
      }
      return true;
    },
    close() {
      isClosed = true;
      timer?.cancel();
      for (const { response } of [...streams]) response.end(undefined, false, noTrailers);
      streams.clear();
    },
  };
}

function begin(response: CallerResponse): void {
  const headers = [...safeHeaders, 'Content-Type', 'text/event-stream', 'X-Accel-Buffering', 'no'];
  response.begin({ status: 200, reason: 'OK', headers, dated: true, reused: false });
  response.write(Buffer.from('retry: 3000\n\n'), false);
}

interface News {
  /** JSON by member. */
  readonly overview: ReadonlyMap<string, string>;
  readonly authorizationServers: string;
  readonly stores: string;
  readonly configuration: string;
  readonly refusals: readonly RecentRefusal[];
}

async function readNews(context: EventsContext): Promise<News> {
  const [{ overview, servers, stores }, refusals] = await Promise.all([
    readSummary(context),
    readRefusals(context),
  ]);
  return {
    overview: new Map(Object.entries(overview).map(([name, value]) => [name, JSON.stringify(value)])),
    authorizationServers: JSON.stringify(servers),
    stores: JSON.stringify(stores),
    configuration: JSON.stringify({ loadedAt: overview.configuration.loadedAt }),
    refusals,
  };
}

/** Sends the changes since the last time. A stream that is not writable receives the difference later. */
function send(stream: Stream, { overview, refusals, ...others }: News): void {
  if (stream.isBlocked || stream.response.over) return;
  const parts: string[] = [];
  const changed = [...overview].filter(([name, text]) => isNew(stream, `overview ${name}`, text));
  if (changed.length > 0)
    parts.push(
      toEvent('overview', `{${changed.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`),
    );
  for (const [name, text] of Object.entries(others))
    if (isNew(stream, name, text)) parts.push(toEvent(name, text));
  const fresh = refusals.filter((refusal) => !stream.refusals.has(toKey(refusal)));
  stream.refusals.clear();
  for (const refusal of refusals) stream.refusals.add(toKey(refusal));
  const shown = stream.isFirst ? fresh.slice(0, maxFirst) : fresh;
  if (shown.length > 0) parts.push(toEvent('refusals', JSON.stringify(shown)));
  stream.isFirst = false;
  stream.silentTicks = parts.length > 0 ? 0 : stream.silentTicks + 1;
  if (stream.silentTicks >= aliveTicks) {
    parts.push(': ping\n\n');
    stream.silentTicks = 0;
  }
  if (parts.length === 0 || stream.response.write(Buffer.from(parts.join('')), false)) return;
  stream.isBlocked = true;
  stream.response.onceDrained(() => (stream.isBlocked = false));
}

const toKey = ({ requestID, at }: RecentRefusal): string => `${at} ${requestID}`;

function isNew({ sent }: Stream, name: string, text: string): boolean {
  if (sent.get(name) === text) return false;
  sent.set(name, text);
  return true;
}

/** JSON contains no line breaks, which would end a field. */
const toEvent = (name: string, json: string): string => `event: ${name}\ndata: ${json}\n\n`;
