import type { EntryPointConfig } from '../../config/entry-point-config.ts';
import type { MetricsView } from '../../config/metrics-config.ts';
import type { RequestRecord } from '../../pipeline/record.ts';
import type { Series } from '../../workers/readings.ts';
import type { ConfigurationLabels } from './configuration-labels.ts';
import type { Distribution } from './distribution.ts';
import type { RequestCounts, RequestFigures } from './request-figures.ts';
import { countOf, createDistribution, observe, toBoundsMs, toHistogram } from './distribution.ts';
import { createPairCounter, type PairCounter } from './pair-counter.ts';
import { toLabels, toSeries, type SeriesByName } from './series.ts';

/** Counts requests from their records. */
export interface RequestMetrics {
  /** Adds to plain numbers that are looked up once per configuration; only the first request of each kind allocates. */
  count(record: RequestRecord): void;
  /** Sets the current names; removed names are no longer counted. */
  configure(configured: ConfigurationLabels): void;
  read(): SeriesByName;
}

/** Requests to one entry point, router or service: a distribution of milliseconds for each code, method and protocol. */
interface RequestSeries {
  readonly cells: Map<number, Distribution>;
  readonly labels: string;
  readonly of: string | undefined;
  /** The service of a router; otherwise empty. */
  readonly service: string;
}

interface Authorizations {
  readonly kind: string;
  /** By middleware and verdict. */
  readonly verdicts: PairCounter;
}

/** Methods that have their own label; all others share the last, as in Traefik. */
const methods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'CONNECT',
  'TRACE',
  'EXTENSION_METHOD',
];
const methodNumbers: ReadonlyMap<string, number> = new Map(methods.map((name, index) => [name, index]));
const otherMethod = methods.length - 1;
/** Bits of a key below the status: protocol in the lowest bit, method above it. */
const statusUnit = 32;

/** @param countsAll entry points and routers are counted even if no metric exposes them. Default: no. */
export function createRequestMetrics(
  config: MetricsView,
  entryPoints: Iterable<EntryPointConfig>,
  countsAll = false,
): RequestMetrics & RequestFigures {
  const all = [...entryPoints];
  const traffic = createTraffic(config, all, countsAll);
  const failures = createFailures(config);
  const authorizations = createAuthorizations(all);
  return {
    count(record) {
      traffic.count(record);
      if (record.refusal !== undefined || record.originFault !== undefined) failures.count(record);
      authorizations.count(record);
    },
    configure(configured) {
      traffic.configure(configured);
      failures.configure(configured);
      authorizations.configure(configured);
    },
    read: () => ({ ...traffic.read(), ...failures.read(), ...authorizations.read() }),
    total: traffic.total,
    ofRouter: traffic.ofRouter,
    refusals: failures.refusals,
  };
}

/** Requests and their durations, by entry point, router and service. */
function createTraffic(
  config: MetricsView,
  entryPoints: readonly EntryPointConfig[],
  countsAll: boolean,
): RequestMetrics & Omit<RequestFigures, 'refusals'> {
  const { buckets: bounds } = config;
  const boundsMs = toBoundsMs(bounds);
  const byEntryPoint = new Map<string, RequestSeries>();
  if (config.byEntryPoint || countsAll)
    for (const { name } of entryPoints) byEntryPoint.set(name, createScope({ entrypoint: name }));
  let byRouter: ReadonlyMap<string, RequestSeries> = new Map();
  let byService: ReadonlyMap<string, RequestSeries> = new Map();

  const add = ({ cells }: RequestSeries, key: number, durationMs: number): void => {
    let cell = cells.get(key);
    if (cell === undefined) cells.set(key, (cell = createDistribution(bounds)));
    observe(cell, boundsMs, durationMs);
  };
  return {
    count(record) {
      const { facts, routerName, serverUrl, serviceName } = record;
      const key = toKey(record.status, facts.method);
      const ofEntryPoint = byEntryPoint.get(facts.entryPoint);
      if (ofEntryPoint !== undefined) add(ofEntryPoint, key, record.durationMs);
      if (routerName !== undefined) {
        const ofRouter = byRouter.get(routerName);
        if (ofRouter !== undefined) add(ofRouter, key, record.durationMs);
      }
      if (serverUrl !== undefined && serviceName !== undefined) {
        const ofService = byService.get(serviceName);
        if (ofService !== undefined) add(ofService, key, record.originDurationMs);
      }
    },
    configure({ routers, services }) {
      if (config.byRouter || countsAll)
        byRouter = succeed(byRouter, routers, (name, service) =>
          createScope({ router: name, service }, name, service),
        );
      if (config.byService)
        byService = succeed(byService, new Map(services.map((name) => [name, ''])), (name) =>
          createScope({ service: name }, name),
        );
    },
    total: () => toPlainCounts([...byEntryPoint.values()], boundsMs),
    ofRouter(name) {
      const found = byRouter.get(name);
      return found && toPlainCounts([found], boundsMs);
    },
    read: () => ({
      grantgate_entrypoint_requests_total: toCounts(config.byEntryPoint ? byEntryPoint : none),
      grantgate_entrypoint_request_duration_seconds: toDurations(
        config.byEntryPoint ? byEntryPoint : none,
        bounds,
      ),
      grantgate_router_requests_total: toCounts(config.byRouter ? byRouter : none),
      grantgate_router_request_duration_seconds: toDurations(config.byRouter ? byRouter : none, bounds),
      grantgate_service_requests_total: toCounts(byService),
      grantgate_service_request_duration_seconds: toDurations(byService, bounds),
    }),
  };
}

const none: ReadonlyMap<string, RequestSeries> = new Map();

/** Refusals, and requests for which a service failed. */
function createFailures(config: MetricsView): RequestMetrics & Pick<RequestFigures, 'refusals'> {
  let services: ReadonlySet<string> = new Set();
  let middlewares: ReadonlySet<string> = new Set();
  /** By code and middleware. */
  const refusals = createPairCounter();
  /** By service and code. */
  const failures = createPairCounter();
  return {
    count({ refusal, serviceName }) {
      if (refusal === undefined) {
        if (serviceName !== undefined && services.has(serviceName)) failures.add(serviceName, 'broken_off');
        return;
      }
      const { code, middleware = '' } = refusal;
      if (middleware === '' || middlewares.has(middleware)) refusals.add(code, middleware);
      if (serviceName !== undefined && code.startsWith('upstream_') && services.has(serviceName))
        failures.add(serviceName, code.slice('upstream_'.length));
    },
    configure(configured) {
      if (config.byService) services = new Set(configured.services);
      middlewares = new Set(configured.middlewares);
      refusals.keep((_code, middleware) => middleware === '' || middlewares.has(middleware));
      failures.keep((service) => services.has(service));
    },
    refusals() {
      const byCode: Record<string, number> = {};
      for (const [code, , count] of refusals.entries()) byCode[code] = (byCode[code] ?? 0) + count;
      return byCode;
    },
    read: () => ({
      grantgate_service_failures_total: failures
        .entries()
        .map(([service, reason, count]) => toSeries({ service, reason }, count, service)),
      grantgate_refusals_total: refusals
        .entries()
        .map(([code, middleware, count]) => toSeries({ code, middleware }, count, middleware)),
    }),
  };
}

/** Decisions for external proxies, on the entry points that serve them. */
function createAuthorizations(entryPoints: readonly EntryPointConfig[]): RequestMetrics {
  const byEntryPoint = new Map<string, Authorizations>();
  for (const { name, externalAuth } of entryPoints)
    if (externalAuth !== undefined)
      byEntryPoint.set(name, {
        kind: externalAuth.kind === 'forwardAuth' ? 'forward_auth' : 'ext_authz',
        verdicts: createPairCounter(),
      });
  let middlewares: ReadonlySet<string> = new Set();
  return {
    count(record) {
      const { routerName } = record;
      const protocol = byEntryPoint.get(record.facts.entryPoint);
      if (protocol === undefined) return;
      const known = routerName !== undefined && middlewares.has(routerName) ? routerName : '';
      protocol.verdicts.add(known, toVerdict(record));
    },
    configure(configured) {
      middlewares = new Set(configured.middlewares);
      for (const { verdicts } of byEntryPoint.values())
        verdicts.keep((middleware) => middleware === '' || middlewares.has(middleware));
    },
    read: () => ({
      grantgate_external_authorizations_total: Array.from(byEntryPoint.values()).flatMap(
        ({ kind, verdicts }) =>
          verdicts
            .entries()
            .map(([middleware, verdict, count]) =>
              toSeries({ protocol: kind, middleware, verdict }, count, middleware),
            ),
      ),
    }),
  };
}

function toVerdict({ refusal, status }: RequestRecord): string {
  if (refusal !== undefined) return 'refused';
  return status === callerGone ? 'abandoned' : 'allowed';
}

/** Status of a record whose caller disconnected before it had a response. */
const callerGone = 499;
const switchingProtocols = 101;

/** A small integer: looking it up hashes no text. A status that HTTP does not have becomes 0. */
function toKey(status: number, method: string): number {
  const code = status >= 100 && status <= 599 ? status : 0;
  const number = methodNumbers.get(method) ?? otherMethod;
  return code * statusUnit + number * 2 + (status === switchingProtocols ? 1 : 0);
}

function fromKey(key: number): { readonly code: string; readonly method: string; readonly protocol: string } {
  const code = Math.floor(key / statusUnit);
  return {
    code: code === 0 ? 'other' : String(code),
    method: methods[Math.floor((key % statusUnit) / 2)] ?? '',
    protocol: key % 2 === 1 ? 'websocket' : 'http',
  };
}

const createScope = (labels: Readonly<Record<string, string>>, of?: string, service = ''): RequestSeries => ({
  cells: new Map(),
  labels: toLabels(labels),
  of,
  service,
});

/** The scopes of another configuration; scopes with the same labels continue. @param names with the service of each router. */
function succeed(
  before: ReadonlyMap<string, RequestSeries>,
  names: ReadonlyMap<string, string>,
  create: (name: string, service: string) => RequestSeries,
): ReadonlyMap<string, RequestSeries> {
  const after = new Map<string, RequestSeries>();
  for (const [name, service] of names) {
    const known = before.get(name);
    after.set(name, known?.service === service ? known : create(name, service));
  }
  return after;
}

function read(
  scopes: ReadonlyMap<string, RequestSeries>,
  toOne: (labels: string, cell: Distribution, of: string | undefined) => Series,
): readonly Series[] {
  const series: Series[] = [];
  for (const { cells, labels, of } of scopes.values())
    for (const [key, cell] of cells) series.push(toOne(`${labels},${toLabels(fromKey(key))}`, cell, of));
  return series;
}

function toPlainCounts(scopes: readonly RequestSeries[], boundsMs: readonly number[]): RequestCounts {
  const byStatus: Record<string, number> = {};
  const durations = [...boundsMs.map(() => 0), 0];
  for (const { cells } of scopes)
    for (const [key, cell] of cells) {
      const { code } = fromKey(key);
      byStatus[code] = (byStatus[code] ?? 0) + countOf(cell);
      for (const [at, count] of cell.counts.entries()) durations[at] = (durations[at] ?? 0) + count;
    }
  return { byStatus, boundsMs, durations };
}

const toCounts = (scopes: ReadonlyMap<string, RequestSeries>): readonly Series[] =>
  read(scopes, (labels, cell, of) => ({ labels, of, value: countOf(cell) }));

const toDurations = (
  scopes: ReadonlyMap<string, RequestSeries>,
  bounds: readonly number[],
): readonly Series[] => read(scopes, (labels, cell, of) => toHistogram(labels, cell, bounds, of));
