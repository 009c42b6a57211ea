import type { RequestRecord } from '../../pipeline/record.ts';
import type { Series } from '../../workers/readings.ts';
import { createDistribution, observe, toBoundsMs, toHistogram, type Distribution } from './distribution.ts';
import { toLabels, type SeriesByName } from './series.ts';

/** Durations of requests under the names of the semantic conventions of HTTP. */
export interface HttpDurations {
  /** Adds to plain numbers; only the first request of each kind allocates. */
  count(record: RequestRecord): void;
  /** Removes services that no longer exist. */
  configure(services: readonly string[]): void;
  read(): SeriesByName;
}

/** Registered methods; all others share one label, because callers could send any number of them. */
const methods = ['_OTHER', ...'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT TRACE QUERY'.split(' ')];
const methodNumbers: ReadonlyMap<string, number> = new Map(methods.map((name, index) => [name, index]));
const methodUnit = 16;

/** Status and method in one integer, because its look-up hashes no text. */
function toKey(status: number, method: string): number {
  const code = status >= 100 && status <= 599 ? status : 0;
  return code * methodUnit + (methodNumbers.get(method) ?? 0);
}

interface RequestOutcome {
  readonly method: string;
  readonly status: number;
}

const fromKey = (key: number): RequestOutcome => ({
  method: methods[key % methodUnit] ?? '',
  status: Math.floor(key / methodUnit),
});

/** @param failsFrom first status that means failure on this side. */
function toOutcomeLabels({ method, status }: RequestOutcome, failsFrom: number, error: string): Labels {
  const type = error === '' && status >= failsFrom ? String(status) : error;
  return {
    'http.request.method': method,
    ...(status > 0 && { 'http.response.status_code': String(status) }),
    ...(type !== '' && { 'error.type': type }),
    'network.protocol.name': 'http',
  };
}

type Labels = Readonly<Record<string, string>>;
type Cells = Map<number, Distribution>;

/** @param bounds of the histograms, in seconds. */
export function createHttpDurations(bounds: readonly number[]): HttpDurations {
  const boundsMs = toBoundsMs(bounds);
  const add = (cells: Cells, key: number, durationMs: number): void => {
    let cell = cells.get(key);
    if (cell === undefined) cells.set(key, (cell = createDistribution(bounds)));
    observe(cell, boundsMs, durationMs);
  };
  const server = createServerCells();
  const client = createClientCells();
  return {
    count(record) {
      const { facts } = record;
      add(server.of(record), toKey(record.status, facts.method), record.durationMs);
      if (record.serverUrl === undefined || record.serviceName === undefined) return;
      const cells = client.of(record.serviceName, record.serverUrl, toFault(record));
      add(cells, toKey(record.originStatus, facts.method), record.originDurationMs);
    },
    configure: client.keep,
    read: () => ({
      'http.server.request.duration': server.read(bounds),
      'http.client.request.duration': client.read(bounds),
    }),
  };
}

/** `error.type` of a request without a complete response; otherwise empty. */
function toFault({ refusal, originStatus, originFault }: RequestRecord): string {
  if (originStatus === 0) return refusal?.code ?? 'caller_gone';
  return originFault === undefined ? '' : 'upstream_interrupted';
}

/** Requests of callers, by scheme and version. */
function createServerCells() {
  const kinds = ['http', 'https'].flatMap((scheme) =>
    ['1.0', '1.1'].map((version) => ({ scheme, version, cells: new Map() as Cells })),
  );
  const empty: Cells = new Map();
  return {
    of({ facts, httpVersion }: RequestRecord): Cells {
      const at = (facts.scheme === 'https' ? 2 : 0) + (httpVersion === '1.0' ? 0 : 1);
      return kinds[at]?.cells ?? empty;
    },
    read: (bounds: readonly number[]): readonly Series[] =>
      kinds.flatMap(({ scheme, version, cells }) =>
        Array.from(cells, ([key, cell]) =>
          toHistogram(
            toLabels({
              ...toOutcomeLabels(fromKey(key), 500, ''),
              'network.protocol.version': version,
              'url.scheme': scheme,
            }),
            cell,
            bounds,
          ),
        ),
      ),
  };
}

/** Requests to servers, by service, server and fault. */
function createClientCells() {
  const services = new Map<string, Map<string, Map<string, Cells>>>();
  return {
    of: (service: string, url: string, fault: string): Cells =>
      childOf(childOf(childOf(services, service), url), fault),
    keep: (names: readonly string[]): void => {
      const known = new Set(names);
      for (const name of services.keys()) if (!known.has(name)) services.delete(name);
    },
    read(bounds: readonly number[]): readonly Series[] {
      const series: Series[] = [];
      for (const [service, servers] of services)
        for (const [url, faults] of servers) {
          const serverLabels = toServerLabels(url, service);
          for (const [fault, cells] of faults)
            for (const [key, cell] of cells) {
              const labels = { ...toOutcomeLabels(fromKey(key), 400, fault), ...serverLabels };
              series.push(toHistogram(toLabels(labels), cell, bounds, service));
            }
        }
      return series;
    },
  };
}

function childOf<K, V>(parent: Map<string, Map<K, V>>, name: string): Map<K, V> {
  const child = parent.get(name) ?? new Map<K, V>();
  parent.set(name, child);
  return child;
}

function toServerLabels(url: string, service: string): Labels {
  const { protocol, hostname, port } = new URL(url);
  return {
    'network.protocol.version': '1.1',
    'url.scheme': protocol.slice(0, -1),
    'server.address': hostname,
    'server.port': port || (protocol === 'https:' ? '443' : '80'),
    'grantgate.service.name': service,
  };
}
