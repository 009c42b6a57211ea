import type { AuthorizationServerView, Overview } from '../../../gateway/src/admin/api/shapes.ts';
import type { StoreView } from '../../../gateway/src/admin/api/store-shape.ts';
import type { DashboardClient } from '../api/client.ts';
import { createEventParser, type StreamEvent } from '../api/event-parser.ts';
import { createRateSeries, type RateSeries } from './rates.ts';

/** State accumulated from the stream of events. */
export interface LiveState {
  /** `waiting`: the API requires a token first. */
  readonly connection: 'connecting' | 'live' | 'lost' | 'paused' | 'waiting';
  readonly overview: Overview | undefined;
  readonly authorizationServers: readonly AuthorizationServerView[] | undefined;
  readonly stores: readonly StoreView[] | undefined;
  /** Increases when refusals arrive. */
  readonly refusals: number;
  /** Increases when another configuration is active, and after a lost connection. */
  readonly configuration: number;
}

export interface Live {
  readonly state: () => LiveState;
  readonly rates: RateSeries;
  /** Calls a function after each change, until the returned function is called. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly connect: () => void;
  readonly pause: () => void;
  /** Stops until `connect` is called: the API requires a token. */
  readonly waitForToken: () => void;
}

/** Number of seconds in the charts. */
export const chartSeconds = 300;
/** The gateway sends a comment every 15 s, so a stream that is silent for longer is dead. */
const silence = 40_000;
const firstDelay = 1_000;
const longestDelay = 10_000;

export function createLive(client: DashboardClient): Live {
  const rates = createRateSeries(chartSeconds);
  const listeners = new Set<() => void>();
  let state: LiveState = {
    connection: 'connecting',
    overview: undefined,
    authorizationServers: undefined,
    stores: undefined,
    refusals: 0,
    configuration: 0,
  };
  let stream: AbortController | undefined;
  const update = (change: Partial<LiveState>): void => {
    state = { ...state, ...change };
    for (const listener of listeners) listener();
  };
  const stop = (connection: LiveState['connection']): void => {
    stream?.abort();
    stream = undefined;
    update({ connection });
  };
  const onEvent = (event: StreamEvent): void => update(readEvent(state, rates, event));
  const connect = (): void => {
    stream?.abort();
    const current = new AbortController();
    stream = current;
    update({ connection: 'connecting' });
    void follow(client, current.signal, {
      onOpen: () => update({ connection: 'live', configuration: state.configuration + 1 }),
      onEvent,
      onLost: () => update({ connection: 'lost' }),
    });
  };
  return {
    state: () => state,
    rates,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    connect,
    pause: () => stop('paused'),
    waitForToken: () => stop('waiting'),
  };
}

function readEvent(state: LiveState, rates: RateSeries, { name, data }: StreamEvent): Partial<LiveState> {
  const value: unknown = JSON.parse(data);
  if (name === 'overview') {
    const overview = { ...state.overview, ...(value as Partial<Overview>) } as Overview;
    recordRates(rates, overview);
    return { overview };
  }
  if (name === 'authorizationServers')
    return { authorizationServers: value as readonly AuthorizationServerView[] };
  if (name === 'stores') return { stores: value as readonly StoreView[] };
  if (name === 'refusals') return { refusals: state.refusals + 1 };
  if (name === 'configuration') return { configuration: state.configuration + 1 };
  return {};
}

function recordRates(rates: RateSeries, { requests, tokens }: Overview): void {
  const now = Date.now();
  rates.record('requests', requests.total, now);
  rates.record('refused', requests.refused, now);
  for (const [code, total] of Object.entries(requests.byCode)) rates.record(`code ${code}`, total, now);
  for (const source of ['memory', 'store', 'authorizationServer'] as const)
    rates.record(`tokens ${source}`, tokens[source], now);
}

interface StreamListener {
  readonly onOpen: () => void;
  readonly onEvent: (event: StreamEvent) => void;
  readonly onLost: () => void;
}

/** Reads streams of events, one after the other, until the signal aborts. */
async function follow(client: DashboardClient, signal: AbortSignal, listener: StreamListener): Promise<void> {
  let delay = firstDelay;
  const onOpen = (): void => {
    delay = firstDelay;
    listener.onOpen();
  };
  const isStopped = (): boolean => signal.aborted;
  while (!isStopped()) {
    await readStream(client, signal, { ...listener, onOpen }).catch(() => {});
    if (isStopped()) return;
    listener.onLost();
    await new Promise((resolve) => {
      setTimeout(resolve, delay);
      signal.addEventListener('abort', resolve, { once: true });
    });
    delay = Math.min(longestDelay, delay * 2);
  }
}

async function readStream(
  client: DashboardClient,
  signal: AbortSignal,
  listener: StreamListener,
): Promise<void> {
  const attempt = new AbortController();
  const abort = (): void => attempt.abort();
  signal.addEventListener('abort', abort, { once: true });
  let timer = setTimeout(abort, silence);
  try {
    const response = await client.openEvents(attempt.signal);
    if (!response.ok || response.body === null) return;
    listener.onOpen();
    const push = createEventParser(listener.onEvent);
    const decoder = new TextDecoder();
    const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(abort, silence);
      push(decoder.decode(piece.value, { stream: true }));
    }
  } finally {
    clearTimeout(timer);
    abort();
    signal.removeEventListener('abort', abort);
  }
}
