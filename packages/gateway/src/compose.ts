import type { Channel } from '@grantgate/middleware/base/channel';
import { systemClock, type Clock } from '@grantgate/middleware/base/clock';
import type { StoreEvent } from '@grantgate/middleware/cache/store-event';
import { createStores } from '@grantgate/middleware/cache/stores';
import type { TokenCache } from '@grantgate/middleware/cache/token-cache';
import { createEndpointStates } from '@grantgate/middleware/token/endpoint-state';
import { createTokenCache } from '@grantgate/middleware/cache/token-cache';
import { createRenewal } from './certificate-files.ts';
import type { InstallConfig } from './config/install-config.ts';
import type { EntryPoint } from './entrypoints/entry-point.ts';
import { createCertificateLog } from './observe/certificate-log.ts';
import { logAddresses } from './observe/addresses-log.ts';
import type { Log } from './observe/log.ts';
import type { Sink } from './observe/sink.ts';
import { logPurge } from './observe/purge-log.ts';
import type { PipelineDeps } from './pipeline/handle.ts';
import type { Holder } from './snapshot/holder.ts';
import type { PurgeRequest, PurgeResult, TokenPurge } from './snapshot/token-purge.ts';
import { createTokenPurge } from './snapshot/token-purge.ts';
import { createAdminOf } from './start/admin-options.ts';
import { createApiState, openApi, type ApiState, type ApiStateParts, type OpenApi } from './start/api.ts';
import { openCluster } from './start/cluster.ts';
import { createControlPlane } from './start/control-plane.ts';
import { openDataPlane } from './start/data-plane.ts';
import { openDefaultTransport } from './start/default-transport.ts';
import { describe, type Gateway, type GatewayIo } from './start/gateway.ts';
import { toGauges } from './start/gauges.ts';
import { createListenersTls } from './start/listeners-tls.ts';
import { toMetricsPage } from './start/metrics.ts';
import { openObservers, type ObserverParts, type Observers } from './start/observers.ts';
import { createReadiness } from './start/readiness.ts';
import { openOwnLog } from './start/open-log.ts';
import { openSocket } from './start/open-socket.ts';
import { createPresentedCertificates, type PresentedCertificates } from './tls/presented-certificates.ts';
import { createServices } from './upstream/create-upstream.ts';

/**
 * Starts a gateway: the only place that constructs everything. Broken routes refuse requests and are reported in the log, but do
 * not prevent the start.
 * @throws GatewayStartError with nothing left open.
 * @throws the reason of `signal` when that aborts the start, with nothing left open.
 */
export async function startGateway(install: InstallConfig, io: GatewayIo): Promise<Gateway> {
  const opened: (() => Promise<void> | void)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    return await open(install, io, { add: (close) => void opened.push(close), closeAll });
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Open resources, closed in reverse order. */
interface CloseStack {
  add(close: () => Promise<void> | void): void;
  closeAll(): Promise<void>;
}

async function open(install: InstallConfig, io: GatewayIo, opened: CloseStack): Promise<Gateway> {
  const { clock = systemClock, worker } = io;
  const { log, sink: logSink, flush } = await openOwnLog(install, io, { clock });
  const onError = (error: unknown): void => log.error('observer failed', { error: describe(error) });
  const entryPoints: EntryPoint[] = [];
  opened.add(async () => {
    if (state.isStopping) logStopped(log, cache);
    await flush();
    if (logSink !== io.stderr) await logSink.close();
  });
  const state = { isStopping: false };
  const transport = openDefaultTransport(install);
  const services = createServices({ clock, ...(transport && { transport }) });
  const cache = createTokenCache({ clock });
  const tokens = createTokenPurge();
  const cluster = await openCluster(install, io, clock, onError);
  const endpoints = createEndpointStates(clock);
  const certificates = openCertificates(io, log, opened);
  const tls = createListenersTls(entryPoints, certificates);
  const gauges = toGauges({ entryPoints, services, cluster, cache, endpoints, certificates });
  const parts = { log, clock, gauges, cluster: cluster.channels, onError, endpoints, certificates };
  const { observers, apiState, stores } = await openObserved(install, io, parts, opened);
  const control = createControlPlane(install, io, {
    log,
    clock,
    services,
    middlewares: { clock, cache, stores, ...toListeners(observers), endpoints },
    observers: followBoth(observers, apiState),
    tokens,
    cluster: cluster.provider,
    tls,
    renewCertificates: renewCertificates(install, entryPoints, log, certificates),
  });
  opened.add(() => control.close());
  const serving = await control.start();
  // Redis must be connected first: otherwise a gateway that joins a fleet would request new tokens instead of using those of
  // the fleet.
  await stores.started();
  const purge = createPurge(log, tokens, worker);
  opened.add(() => drainAll(entryPoints));
  const unready = createReadiness(control, cluster.provider);
  const api = await openApi(install, io, {
    ...{ state: apiState, clock, log, cache, services, gauges, observers, serving, unready },
  });
  // Streams end before entry points wait for their requests.
  opened.add(() => api?.close());
  const pipeline = toPipelineDeps({ clock, observers, serving, log });
  await openDataPlane(install, entryPoints, {
    pipeline,
    adminOf: createAdminOf(install, {
      unready,
      ...{ api: api?.front, dashboard: api?.dashboard },
      metrics: toMetricsPage(install, observers.metrics, worker),
      ...{ purge, clock, isStopping: () => state.isStopping, onInternal: observers.onInternal },
    }),
    log,
    onCertificates: certificates.set,
    secret: worker?.local.secret,
    tls,
  });
  const socket = await openSocket(install, { api, purge, pipeline, log, worker });
  opened.add(() => socket?.drain());
  const addresses = toAddresses(install, entryPoints);
  // With several processes, the primary logs the addresses.
  if (worker === undefined) logAddresses(log, addresses);
  const stop = async (): Promise<void> => {
    state.isStopping = true;
    log.info('shutting down');
    await opened.closeAll();
  };
  const logs = [logSink, observers.accessSink];
  return toGateway(addresses, { logs, observers, tokens, entryPoints, api, stop });
}

/** The certificates, whose expiry the first process logs for all of them. */
function openCertificates(
  { clock = systemClock, worker }: GatewayIo,
  log: Log,
  opened: CloseStack,
): PresentedCertificates {
  const certificates = createPresentedCertificates();
  if (worker !== undefined && worker.number !== 1) return certificates;
  const certificateLog = createCertificateLog(log, clock, certificates);
  opened.add(() => certificateLog.close());
  return {
    list: () => certificates.list(),
    set(entryPoint, pairs) {
      certificates.set(entryPoint, pairs);
      certificateLog.onChange();
    },
  };
}

/** Observers, and the parts that publish to them from the start. */
async function openObserved(
  install: InstallConfig,
  io: GatewayIo,
  parts: ObserverParts & ApiStateParts,
  opened: CloseStack,
) {
  const { clock } = parts;
  const observers = await openObservers(install, io, parts);
  opened.add(() => observers.close());
  const apiState = createApiState(install, parts, observers);
  const stores = createStores({
    clock,
    tracing: observers.tracing?.tracing,
    eventsOf(redis, use) {
      const events = observers.storeEvents(redis, use);
      apiState?.followStore(redis, events);
      return events;
    },
    local: io.worker && { ...io.worker.local, events: openWorkerStore(observers, apiState) },
  });
  return { observers, apiState, stores };
}

function openWorkerStore(observers: Observers, api: ApiState | undefined): Channel<StoreEvent> {
  const events = observers.workerStoreEvents();
  api?.followStore(undefined, events);
  return events;
}

/** Events of steps for observers. */
const toListeners = ({ figures, renewals, discoveries, keys, tracing }: Observers) => ({
  openTally: figures?.openTally,
  renewals,
  discoveries,
  keys,
  tracing: tracing?.tracing,
});

const renewCertificates = (
  install: InstallConfig,
  entryPoints: readonly EntryPoint[],
  log: Log,
  certificates: PresentedCertificates,
): (() => Promise<void>) =>
  createRenewal(install, entryPoints, {
    onRenewed: certificates.set,
    onFault: (entryPoint, error) =>
      log.warn('invalid certificates: keeping the last valid ones', { entryPoint, error }),
  });

/** Drops tokens in every process. */
const createPurge =
  (log: Log, tokens: TokenPurge, worker: GatewayIo['worker']) =>
  async (request: PurgeRequest): Promise<PurgeResult> => {
    const purged = await (worker === undefined ? tokens.purge(request) : worker.purge(request));
    if (purged.middlewares > 0) logPurge(log, request, purged);
    return purged;
  };

/** Passes each new configuration to the observers and the API. */
const followBoth = (
  observers: Observers,
  api: ApiState | undefined,
): Pick<Observers, 'onSteps' | 'onApplied'> => ({
  onSteps(steps) {
    observers.onSteps(steps);
    api?.onSteps(steps);
  },
  onApplied(prepared) {
    observers.onApplied(prepared);
    api?.onApplied(prepared);
  },
});

const toPipelineDeps = ({
  clock,
  observers,
  serving,
  log,
}: {
  readonly clock: Clock;
  readonly observers: Observers;
  readonly serving: Holder;
  readonly log: Log;
}): PipelineDeps => ({
  clock,
  startTrace: observers.tracing?.startTrace,
  acquire: () => serving.acquire(),
  onRecord: (record) => observers.records.publish(record),
  onDefect: (error, requestId) => log.error('decision failed', { requestId, error: describe(error) }),
});

async function drainAll(entryPoints: readonly EntryPoint[]): Promise<void> {
  await Promise.all(entryPoints.map((entryPoint) => entryPoint.drain()));
}

function logStopped(log: Log, cache: TokenCache): void {
  const { memory, store, server } = cache.counts();
  log.info('stopped', { tokensFromMemory: memory, tokensFromStore: store, tokenRequests: server });
}

const toAddresses = (install: InstallConfig, entryPoints: readonly EntryPoint[]): Gateway['addresses'] =>
  new Map(entryPoints.map(({ name, port }) => [name, { host: install.entryPoints.get(name)?.host, port }]));

function toGateway(
  addresses: Gateway['addresses'],
  {
    logs,
    observers,
    tokens,
    entryPoints,
    api,
    stop,
  }: {
    readonly logs: readonly (Sink | undefined)[];
    readonly observers: Observers;
    readonly tokens: TokenPurge;
    readonly entryPoints: readonly EntryPoint[];
    readonly api: OpenApi | undefined;
    readonly stop: () => Promise<void>;
  },
): Gateway {
  let stopping: Promise<void> | undefined;
  const drain = (): Promise<void> => (stopping ??= stop());
  return Object.freeze({
    addresses,
    reopenLogs() {
      for (const sink of logs) sink?.reopen();
    },
    readMetrics: () => observers.metrics?.read(),
    readForApi: (question: unknown) => api?.read(question),
    purgeTokens: (request: PurgeRequest) => tokens.purge(request),
    async retire() {
      api?.close();
      await Promise.all(entryPoints.map((entryPoint) => entryPoint.retire()));
      await drain();
    },
    drain,
  });
}
