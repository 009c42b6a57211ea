import type { Channel } from '@grantgate/middleware/base/channel';
import { createChannel } from '@grantgate/middleware/base/channel';
import type { Clock } from '@grantgate/middleware/base/clock';
import type { StoreEvent } from '@grantgate/middleware/cache/store-event';
import type { RedisStoreOptions } from '@grantgate/middleware/cache/redis/options';
import type { DiscoveryEvent } from '@grantgate/middleware/token/discovery/discovery-event';
import type { InstallConfig } from '../config/install-config.ts';
import type { KeysReport, RenewalReport } from '../middlewares/kind.ts';
import { jwt } from '../middlewares/jwt/kind.ts';
import { oAuthClientCredentials } from '../middlewares/oauth-client-credentials/kind.ts';
import type { Step } from '../middlewares/step.ts';
import type { RecentRefusal } from '../admin/api/shapes.ts';
import { createDiscoveryLog } from '../observe/discovery-log.ts';
import { createKeysLog } from '../observe/keys-log.ts';
import { createKubernetesLog } from '../observe/kubernetes-log.ts';
import type { Log } from '../observe/log.ts';
import {
  toStoreName,
  workersStore,
  type ConfigurationLabels,
  type Gauges,
} from '../observe/metrics/configuration-labels.ts';
import type { Figures } from '../observe/metrics/figures.ts';
import type { Metrics } from '../observe/metrics/metrics.ts';
import { createRecentRefusals } from '../observe/recent-refusals.ts';
import { createRefusalLog } from '../observe/refusal-log.ts';
import { createRenewalLog } from '../observe/renewal-log.ts';
import type { Sink } from '../observe/sink.ts';
import { createStoreLog } from '../observe/store-log.ts';
import type { RequestRecord } from '../pipeline/record.ts';
import type { OpenTracing } from '../observe/tracing/open-tracing.ts';
import { remember } from '../reload/remember.ts';
import type { PreparedConfiguration } from '../snapshot/prepared.ts';
import { openAccessLog, type AccessLog } from './access-log.ts';
import { findEntryPoints } from './find-entry-points.ts';
import { findStores } from './find-stores.ts';
import { openFigures, openMetrics, openOwnExport } from './metrics.ts';
import { openTracing } from './telemetry.ts';
import type { ClusterChannels } from './cluster.ts';
import type { GatewayIo } from './gateway.ts';

/** The channels on which the gateway publishes events, with the logs and metrics that listen to them. */
export interface Observers {
  readonly records: Channel<RequestRecord>;
  readonly renewals: Channel<RenewalReport>;
  readonly discoveries: Channel<DiscoveryEvent>;
  readonly keys: Channel<KeysReport>;
  /** Events of configured stores. */
  readonly storeEvents: (redis: RedisStoreOptions, use: 'tokens' | 'counters') => Channel<StoreEvent>;
  /** Events of the store that workers share. */
  readonly workerStoreEvents: () => Channel<StoreEvent>;
  readonly metrics: Metrics | undefined;
  /** Counters of metrics and the API; undefined: nothing is counted. */
  readonly figures: Figures | undefined;
  /** Refusals for the API, latest first; empty without it. */
  readonly recentRefusals: () => readonly RecentRefusal[];
  /** Undefined: tracing is off. */
  readonly tracing: OpenTracing | undefined;
  /** Logs and traces a request for the gateway itself; undefined: neither. */
  readonly onInternal: ((record: RequestRecord) => void) | undefined;
  readonly accessSink: Sink | undefined;
  /** Called with the steps of each configuration. */
  readonly onSteps: (steps: ReadonlyMap<string, Step>) => void;
  /** Called with each configuration once it has taken effect. */
  readonly onApplied: (prepared: PreparedConfiguration) => void;
  close(): Promise<void>;
}

export interface ObserverParts {
  readonly log: Log;
  readonly clock: Clock;
  readonly gauges: Gauges;
  readonly cluster: ClusterChannels;
  readonly onError: (error: unknown) => void;
}

export async function openObservers(
  install: InstallConfig,
  io: GatewayIo,
  { log, clock, gauges, cluster, onError }: ObserverParts,
): Promise<Observers> {
  const records = createChannel<RequestRecord>(onError);
  const accessLog = await openAccessLog(install, io, { clock, log });
  if (accessLog !== undefined) records.subscribe(accessLog.log);
  const recent = install.api && createRecentRefusals(keptRefusals);
  records.subscribe(createRefusalLog(log, clock, recent?.note));
  const renewals = createChannel<RenewalReport>(onError);
  const renewalLog = createRenewalLog(log);
  renewals.subscribe(renewalLog.listen);
  const discoveries = createChannel<DiscoveryEvent>(onError);
  discoveries.subscribe(createDiscoveryLog(log));
  const keys = createChannel<KeysReport>(onError);
  keys.subscribe(createKeysLog(log));
  cluster.events.subscribe(createKubernetesLog(log, clock));
  const tracing = await openTracing(install, io, log);
  const metrics = await openMetrics(install, io, clock, gauges);
  const metricsExport = metrics && (await openOwnExport(install, io, log, metrics));
  const figures = metrics ?? (await openFigures(install, gauges));
  if (figures !== undefined) {
    const uncounted = findEntryPoints(install.entryPoints, ({ observability }) => !observability.metrics);
    records.subscribe((record) => {
      if (uncounted.size === 0 || !uncounted.has(record.facts.entryPoint)) figures.onRecord(record);
    });
    renewals.subscribe(figures.onRenewal);
  }
  if (metrics !== undefined) {
    discoveries.subscribe(metrics.onDiscovery);
    keys.subscribe(metrics.onKeys);
    cluster.events.subscribe(metrics.onKubernetes);
    cluster.calls.subscribe(metrics.onKubernetesCall);
  }
  const openStoreChannel = (name: string, listener: (event: StoreEvent) => void): Channel<StoreEvent> => {
    const channel = createChannel<StoreEvent>(onError);
    channel.subscribe(listener);
    if (metrics !== undefined) channel.subscribe(metrics.onStoreEvent(name));
    return channel;
  };
  const storeLog = createStoreLog(log, clock, 'token store');
  const toConfigured = createToConfigured();
  return {
    records,
    renewals,
    discoveries,
    keys,
    storeEvents: (redis, use) =>
      openStoreChannel(
        toStoreName(redis),
        use === 'tokens' ? storeLog : createStoreLog(log, clock, 'limits in Redis'),
      ),
    workerStoreEvents: () =>
      openStoreChannel(workersStore, createStoreLog(log, clock, 'token store of the workers')),
    metrics,
    figures,
    recentRefusals: () => recent?.list() ?? [],
    tracing,
    onInternal: createInternalListener(install, accessLog, tracing),
    accessSink: accessLog?.sink,
    onSteps(steps) {
      renewalLog.configure(steps);
      figures?.onSteps(steps);
    },
    onApplied(prepared) {
      const configured = toConfigured(prepared);
      figures?.configure(configured);
      logConfiguration(log, prepared, configured);
    },
    async close() {
      await Promise.all([metricsExport?.close(), tracing?.close(), accessLog?.close()]);
      metrics?.close();
    },
  };
}

/** Logs and traces requests for the gateway itself if `addInternals` is set. */
function createInternalListener(
  install: InstallConfig,
  accessLog: AccessLog | undefined,
  tracing: OpenTracing | undefined,
): Observers['onInternal'] {
  const log = install.accessLog?.addInternals === true ? accessLog?.log : undefined;
  const startTrace = install.tracing?.addInternals === true ? tracing?.startTrace : undefined;
  if (startTrace === undefined) return log;
  return (record) => {
    const trace = startTrace(record.facts);
    const traced = { ...record, trace };
    log?.(traced);
    trace?.ended(traced);
  };
}

/** Number of refusals that each process keeps for the API. */
const keptRefusals = 200;

function logConfiguration(
  log: Log,
  { routers, steps }: PreparedConfiguration,
  { broken, brokenMiddlewares }: ConfigurationLabels,
): void {
  log.info('configuration loaded', {
    routers: routers.length,
    middlewares: steps.size,
    broken: broken + brokenMiddlewares.length,
    brokenRouters: broken,
    brokenMiddlewares: brokenMiddlewares.length === 0 ? undefined : brokenMiddlewares.join(', '),
  });
}

/** Unchanged parts are skipped. */
function createToConfigured(): (prepared: PreparedConfiguration) => ConfigurationLabels {
  const namesOf = remember((map: ReadonlyMap<string, unknown>): readonly string[] => Array.from(map.keys()));
  const brokenOf = remember((named: PreparedConfiguration['named']): readonly string[] => {
    const names: string[] = [];
    for (const [name, { broken }] of named) if (broken !== undefined) names.push(name);
    return names;
  });
  const storesOf = remember(listStores);
  return ({ routers, steps, named, services, problems }) => ({
    routers: new Map(routers.map(({ config }) => [config.name, config.service])),
    broken: routers.filter(({ broken }) => broken !== undefined).length,
    brokenMiddlewares: brokenOf(named),
    services: namesOf(services),
    middlewares: namesOf(named),
    ...storesOf(steps),
    faulty: problems.some(({ severity }) => severity === 'error'),
  });
}

function listStores(steps: PreparedConfiguration['steps']): Pick<ConfigurationLabels, 'stores' | 'issuers'> {
  const issuers: string[] = [];
  for (const step of steps.values()) {
    const { issuer } = oAuthClientCredentials.optionsOf(step) ?? {};
    if (issuer !== undefined) issuers.push(issuer);
    const keys = jwt.optionsOf(step)?.keys;
    if (keys?.kind === 'issuer') issuers.push(keys.issuer);
  }
  return { stores: findStores(steps).map(({ redis }) => toStoreName(redis)), issuers };
}
