import type { Clock } from '@grantgate/middleware/base/clock';
import { systemClock } from '@grantgate/middleware/base/clock';
import type { Channel } from '@grantgate/middleware/base/channel';
import { createChannel } from '@grantgate/middleware/base/channel';
import type { StoreEvent } from '@grantgate/middleware/cache/store-event';
import type { LocalStore } from '@grantgate/middleware/cache/stores';
import { createStores } from '@grantgate/middleware/cache/stores';
import { createTokenCache } from '@grantgate/middleware/cache/token-cache';
import type { DiscoveryEvent } from '@grantgate/middleware/token/discovery/discovery-event';
import { createAdminHandle, type AdminOptions } from './admin/handle.ts';
import type { OnCertificates } from './certificate-files.ts';
import { certificateFilesOf, createRenewal, readCertificates } from './certificate-files.ts';
import type { EntryPointConfig, InstallConfig, ListenAddresses } from './config/install.ts';
import type { Problem } from './config/place.ts';
import type { EntryPoint, EntryPointDeps } from './entrypoints/entry-point.ts';
import { openEntryPoint } from './entrypoints/entry-point.ts';
import { ListenError } from './entrypoints/listen-error.ts';
import { createAccessLogLine } from './observe/access-log.ts';
import { inBatches } from './observe/batches.ts';
import { createDiscoveryLog } from './observe/discovery-log.ts';
import { createKubernetesLog } from './observe/kubernetes-log.ts';
import { logAddresses } from './observe/addresses-log.ts';
import { createLog } from './observe/log.ts';
import { toBuildInfo } from './observe/metrics/build-info.ts';
import { toStoreName, workersStore, type Configured } from './observe/metrics/configured.ts';
import type { Metrics } from './observe/metrics/metrics.ts';
import { textType, writeText } from './observe/metrics/text.ts';
import { createProblemLog } from './observe/problem-log.ts';
import { logPurge } from './observe/purge-log.ts';
import { createRefusalLog } from './observe/refusal-log.ts';
import { createRenewalLog } from './observe/renewal-log.ts';
import type { Sink } from './observe/sink.ts';
import { createStoreLog } from './observe/store-log.ts';
import { openSink } from './observe/sink.ts';
import type { Handle, PipelineDeps } from './pipeline/handle.ts';
import { createHandle } from './pipeline/handle.ts';
import type { RequestRecord } from './pipeline/record.ts';
import { createAggregate } from './providers/aggregate.ts';
import type { FileProvider } from './providers/file/provider.ts';
import { createFileProvider } from './providers/file/provider.ts';
import { createWatchSet } from './providers/file/watch-set.ts';
import type { KubernetesProvider } from './providers/kubernetes/provider.ts';
import type { Provider } from './providers/provider.ts';
import type { TokenRenewal } from './middlewares/kind.ts';
import { oAuthClientCredentials } from './middlewares/oauth-client-credentials/kind.ts';
import { adminEntryPoint, toEntryPointFacts } from './snapshot/entry-points.ts';
import type { Prepared } from './snapshot/prepared.ts';
import type { PurgeRequest, Purged } from './snapshot/token-purge.ts';
import { createTokenPurge } from './snapshot/token-purge.ts';
import { createUpdates } from './snapshot/updates.ts';
import { createServices } from './upstream/create-upstream.ts';
import { readVersion } from './version.ts';
import type { Readings } from './workers/readings.ts';
import { GatewayStartError } from './start-error.ts';

/** What the gateway takes from its process. */
export interface GatewayIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Access log without `accessLog.filePath`. */
  readonly stdout: Sink;
  /** The gateway's own log. */
  readonly stderr: Sink;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Interrupts a start that waits for its providers; a gateway that has started is stopped by `drain`. Default: nothing does. */
  readonly signal?: AbortSignal;
  /** For one of several processes that serve requests together; default: it is the only one. */
  readonly worker?: WorkerPart;
}

/** What one of several processes is to the others. */
export interface WorkerPart {
  /** From 1. The first speaks for all of them about the configuration, in the log and to a cluster. */
  readonly number: number;
  /** Where they share the tokens of middlewares without `store`. */
  readonly local: Omit<LocalStore, 'events'>;
  /** Metrics of all workers, in the text format. */
  readonly metrics: () => Promise<string>;
  /** Has all of them drop tokens; rejects when one does not reply in time. */
  readonly purge: (request: PurgeRequest) => Promise<Purged>;
  /** The cluster of `providers.kubernetesCRD`, which one process follows for all of them. */
  readonly cluster: ClusterProvider;
}

/** A provider of routes of a cluster. */
export type ClusterProvider = Provider & Pick<KubernetesProvider, 'waitsFor' | 'report'>;

/** A running gateway. */
export interface Gateway {
  /** Where it listens, by entry point; the port is the one in use when 0 was asked for. */
  readonly addresses: ListenAddresses;
  /** Reopens log files after a rotation. */
  reopenLogs(): void;
  /** What this process has counted, after its end too; undefined when it counts nothing. */
  readMetrics(): Readings | undefined;
  /** Drops tokens of this process. */
  purgeTokens(request: PurgeRequest): Purged;
  /**
   * Leaves new connections to another process, answers what the open ones still ask for within each entry point's
   * `graceTimeOut`, and drains.
   */
  retire(): Promise<void>;
  /**
   * Takes no new requests, lets those in flight finish within each entry point's `graceTimeOut`, and closes everything.
   * Calling it again waits for the same end.
   */
  drain(): Promise<void>;
}

/**
 * Starts a gateway: the one place that constructs everything. Routes that are broken refuse and are in the log; they do not
 * keep it from starting.
 *
 * @throws GatewayStartError with nothing left open.
 * @throws the reason of `signal` when that interrupts the start, with nothing left open.
 */
export async function startGateway(install: InstallConfig, io: GatewayIo): Promise<Gateway> {
  const clock = io.clock ?? systemClock;
  const { worker } = io;
  const log = createLog(install.log, io.stderr, worker && { worker: worker.number });
  const opened: (() => Promise<void> | void)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    const onObserverError = (error: unknown): void =>
      log.error('observer failed', { error: describe(error) });
    const records = createChannel<RequestRecord>(onObserverError);
    const entryPoints: EntryPoint[] = [];
    const accessSink = await openAccessLog(install, io, clock);
    if (accessSink !== undefined) {
      const toLine = createAccessLogLine(install.accessLog?.format ?? 'json');
      records.subscribe((record) => accessSink.write(toLine(record)));
      if (accessSink !== io.stdout) opened.push(() => accessSink.close());
    }
    records.subscribe(createRefusalLog(log, clock));

    const services = createServices({ clock });
    const cache = createTokenCache({ clock });
    const metrics =
      install.metrics &&
      (await import('./observe/metrics/metrics.ts')).createMetrics({
        config: install.metrics,
        entryPoints: install.entryPoints,
        clock,
        worker: worker?.number,
        gauges: {
          connections: () =>
            entryPoints.flatMap((entryPoint) => {
              const open = entryPoint.connections();
              return open === undefined ? [] : [[entryPoint.name, open] as const];
            }),
          servers: () => services.health(),
          origins: () => services.connections(),
          kubernetes: () => followed?.status() ?? [],
          failingRenewals: () => cache.failingRenewals(),
        },
      });
    if (metrics !== undefined) {
      records.subscribe((record) => metrics.onRecord(record));
      opened.push(() => metrics.close());
    }

    const storeLog = createStoreLog(log, clock, 'token store');
    const openStoreChannel = (name: string, listener: (event: StoreEvent) => void): Channel<StoreEvent> => {
      const channel = createChannel<StoreEvent>(onObserverError);
      channel.subscribe(listener);
      if (metrics !== undefined) channel.subscribe(metrics.onStoreEvent(name));
      return channel;
    };
    const stores = createStores({
      clock,
      eventsOf: (redis) => openStoreChannel(toStoreName(redis), storeLog),
      local: worker && {
        ...worker.local,
        events: openStoreChannel(workersStore, createStoreLog(log, clock, 'token store of the workers')),
      },
    });
    const renewals = createChannel<TokenRenewal>(onObserverError);
    const renewalLog = createRenewalLog(log);
    renewals.subscribe(renewalLog.listen);
    if (metrics !== undefined) renewals.subscribe(metrics.onRenewal);
    const discoveries = createChannel<DiscoveryEvent>(onObserverError);
    discoveries.subscribe(createDiscoveryLog(log));
    if (metrics !== undefined) discoveries.subscribe(metrics.onDiscovery);
    const tokens = createTokenPurge();
    const entryPointFacts = toEntryPointFacts(install.entryPoints);
    const kubernetesLog = createKubernetesLog(log, clock);
    const { kubernetesCRD } = install.providers;
    const followed =
      kubernetesCRD !== undefined && worker === undefined
        ? (await import('./providers/kubernetes/open.ts')).openKubernetes(kubernetesCRD, io.env, {
            clock,
            onEvent(event) {
              kubernetesLog(event);
              metrics?.onKubernetes(event);
            },
            onCall: (call) => metrics?.onKubernetesCall(call),
          })
        : undefined;
    const kubernetes = kubernetesCRD === undefined ? undefined : (worker?.cluster ?? followed);
    const certificateFiles = certificateFilesOf(install.entryPoints.values());
    const renew = createRenewal(install, entryPoints, {
      onRenewed: metrics?.onCertificates,
      onFault: (entryPoint, error) =>
        log.warn('invalid certificates: keeping the last valid ones', { entryPoint, error }),
    });
    let isUnwatchedKnown = false;
    const onUnwatched = (unwatched: string, code: string): void => {
      if (isUnwatchedKnown) return;
      isUnwatchedKnown = true;
      log.warn('cannot watch directory; polling it every 2 s instead', {
        folder: unwatched,
        code,
      });
    };
    const watchSet = createWatchSet({
      clock,
      onUnwatched,
      onChange() {
        updates.refresh();
        void renew();
      },
    });
    const report = createProblemLog(log);
    const speaks = worker === undefined || worker.number === 1;
    const updates = createUpdates({
      env: io.env,
      entryPoints: entryPointFacts,
      services,
      middlewares: { clock, cache, stores, openTally: metrics?.openTally, renewals, discoveries },
      onSteps(steps) {
        tokens.configure(steps);
        renewalLog.configure(steps);
        metrics?.onSteps(steps);
      },
      onPrepared(prepared, files) {
        const { routers, steps, problems } = prepared;
        if (speaks) {
          report(problems);
          kubernetes?.report(problems);
        }
        const configured = toConfigured(prepared);
        metrics?.configure(configured);
        const { broken, brokenMiddlewares } = configured;
        log.info('configuration loaded', {
          routers: routers.length,
          middlewares: steps.size,
          broken: broken + brokenMiddlewares.length,
          brokenRouters: broken,
          brokenMiddlewares: brokenMiddlewares.length === 0 ? undefined : brokenMiddlewares.join(', '),
        });
        watchSet.watch(new Set([...files, ...certificateFiles]));
      },
      onCloseError: (error) => log.error('closing the old configuration failed', { error: describe(error) }),
    });
    opened.push(() => watchSet.close());
    const files =
      install.providers.file && createFileProvider(install.providers.file, { clock, onUnwatched });
    const providers = [files, kubernetes].filter((provider) => provider !== undefined);
    const aggregate = createAggregate(providers, { clock });
    opened.push(() => updates.holder?.close());
    opened.push(() => aggregate.close());
    io.signal?.addEventListener('abort', () => aggregate.close(), { once: true });
    await aggregate.start((configuration) => {
      if (updates.holder === undefined) assertRoutes(files);
      updates.take(configuration);
    });
    io.signal?.throwIfAborted();
    const serving = updates.holder;
    if (serving === undefined) throw new Error('no configuration was emitted');

    const pipeline: PipelineDeps = {
      clock,
      acquire: () => serving.acquire(),
      onRecord: (record) => records.publish(record),
      onDefect: (error, requestId) => log.error('decision failed', { requestId, error: describe(error) }),
    };
    const purge = async (request: PurgeRequest): Promise<Purged> => {
      const purged = await (worker === undefined ? tokens.purge(request) : worker.purge(request));
      if (purged.middlewares > 0) logPurge(log, request, purged);
      return purged;
    };
    const handle = createHandle(pipeline);
    // A gateway that starts within a fleet takes the fleet's tokens instead of requesting new ones because Redis was not
    // connected yet.
    await stores.started();
    opened.push(async () => {
      await Promise.all(entryPoints.map((entryPoint) => entryPoint.drain()));
    });
    for (const config of install.entryPoints.values())
      entryPoints.push(
        await open(config, {
          clock,
          pipeline,
          handle: await toHandle(config, pipeline, {
            ping: install.ping,
            unready: () => listUnready(files, kubernetes),
            metrics: metrics && (async () => ({ type: textType, text: await expose(metrics, worker) })),
            purge: install.actions ? purge : undefined,
            next: handle,
          }),
          onCertificates: metrics?.onCertificates,
          onError: (error) =>
            log.error('accepting a connection failed', {
              entryPoint: config.name,
              error: describe(error),
            }),
        }),
      );

    const addresses: Gateway['addresses'] = new Map(
      entryPoints.map(({ name, port }) => [name, { host: install.entryPoints.get(name)?.host, port }]),
    );
    // Of several processes, the one that started them says where they listen.
    if (worker === undefined) logAddresses(log, addresses);
    let draining: Promise<void> | undefined;
    const drain = (): Promise<void> => {
      if (draining === undefined) log.info('shutting down');
      return (draining ??= closeAll().then(() => {
        const { memory, store, server } = cache.counts();
        log.info('stopped', { tokensFromMemory: memory, tokensFromStore: store, tokenRequests: server });
      }));
    };
    return Object.freeze({
      addresses,
      reopenLogs: () => accessSink?.reopen(),
      readMetrics: () => metrics?.read(),
      purgeTokens: (request: PurgeRequest) => tokens.purge(request),
      async retire() {
        await Promise.all(entryPoints.map((entryPoint) => entryPoint.retire()));
        await drain();
      },
      drain,
    });
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Metrics of the whole gateway, in the text format. */
async function expose(metrics: Metrics, worker: WorkerPart | undefined): Promise<string> {
  if (worker !== undefined) return worker.metrics();
  const { series } = metrics.read();
  return writeText({ series: { ...series, ...toBuildInfo(readVersion()) } });
}

function toConfigured({ routers, steps, named, services, problems }: Prepared): Configured {
  const isBroken = ({ broken }: { readonly broken: string | undefined }): boolean => broken !== undefined;
  return {
    routers: new Map(routers.map(({ config }) => [config.name, config.service])),
    broken: routers.filter(isBroken).length,
    brokenMiddlewares: Array.from(named)
      .filter(([, one]) => isBroken(one))
      .map(([name]) => name),
    services: Array.from(services.keys()),
    middlewares: Array.from(named.keys()),
    stores: Array.from(steps.values()).flatMap((step) => {
      const store = oAuthClientCredentials.optionsOf(step)?.store;
      return store === undefined ? [] : [toStoreName(store.redis)];
    }),
    issuers: Array.from(steps.values()).flatMap(
      (step) => oAuthClientCredentials.optionsOf(step)?.issuer ?? [],
    ),
    faulty: problems.some(({ severity }) => severity === 'error'),
  };
}

async function openAccessLog(
  { accessLog }: InstallConfig,
  { stdout }: GatewayIo,
  clock: Clock,
): Promise<Sink | undefined> {
  if (accessLog?.filePath === undefined) return accessLog && stdout;
  const { filePath } = accessLog;
  try {
    return inBatches(await openSink(filePath), clock);
  } catch (error) {
    throw new GatewayStartError('log_unavailable', `cannot open the access log ${filePath}`, error);
  }
}

/** A gateway whose files of routes are not there would refuse every request: that is a mistake, or a volume that is not mounted. */
function assertRoutes(files: FileProvider | undefined): void {
  const missing = files?.missing() ?? [];
  if (missing.length > 0)
    throw new GatewayStartError(
      'routes_unavailable',
      `no routes: ${missing.map(toMissing).join('; ')}`,
      undefined,
    );
}

function listUnready(
  files: FileProvider | undefined,
  kubernetes: ClusterProvider | undefined,
): readonly string[] {
  const unread = kubernetes?.waitsFor().map((what) => `waiting for ${what}`) ?? [];
  return [...(files?.missing().map(toMissing) ?? []), ...unread];
}

const toMissing = ({ place, message }: Problem): string => `${place.file} ${message}`;

// What only some configurations need is loaded on demand: every file delays the start.
async function toHandle(
  { name, externalAuth }: EntryPointConfig,
  pipeline: PipelineDeps,
  admin: AdminOptions,
): Promise<Handle> {
  if (externalAuth !== undefined)
    return (await import('./external-auth/forward-auth.ts')).createForwardAuthHandle(externalAuth, pipeline);
  return name === adminEntryPoint ? createAdminHandle(admin) : admin.next;
}

async function open(
  config: EntryPointConfig,
  deps: Omit<EntryPointDeps, 'certificates'> & {
    readonly pipeline: PipelineDeps;
    readonly onCertificates: OnCertificates | undefined;
  },
): Promise<EntryPoint> {
  const certificates = await readCertificates(config);
  const { externalAuth } = config;
  try {
    const entryPoint = await (externalAuth?.kind === 'extAuthz'
      ? (await import('./external-auth/ext-authz/open.ts')).openExtAuthz(
          { ...config, externalAuth },
          { ...deps, certificates },
        )
      : openEntryPoint(config, { ...deps, certificates }));
    deps.onCertificates?.(config.name, certificates);
    return entryPoint;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'MODULE_NOT_FOUND')
      throw new GatewayStartError(
        'grpc_unavailable',
        `entry point ${config.name} requires the package @grpc/grpc-js: install it beside grantgate`,
        error,
      );
    throw error instanceof ListenError
      ? new GatewayStartError(
          'address_unavailable',
          `entry point ${config.name} cannot listen on ${config.host ?? ''}:${config.port}`,
          error,
        )
      : new GatewayStartError(
          'certificate_invalid',
          `invalid certificates of the entry point ${config.name}`,
          error,
        );
  }
}

const describe = (error: unknown): string => (error instanceof Error ? error.message : 'unknown error');
