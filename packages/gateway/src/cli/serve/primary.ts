import { randomBytes } from 'node:crypto';
import { systemClock } from '@grantgate/middleware/base/clock';
import { createMemoryStore } from '@grantgate/middleware/cache/memory-store';
import { defaultMaxTokens } from '@grantgate/middleware/cache/token-cache';
import type { InstallConfig } from '../../config/install-config.ts';
import type { MetricsView } from '../../config/metrics-config.ts';
import type { Log } from '../../observe/log.ts';
import { createKubernetesLog } from '../../observe/kubernetes-log.ts';
import { createPrimaryMetrics, type PrimaryMetrics } from '../../observe/metrics/primary-metrics.ts';
import { writeTextInTurns } from '../../observe/metrics/text.ts';
import { toShown } from '../../observe/metrics/view.ts';
import { createWorkerLog } from '../../observe/worker-log.ts';
import { openOwnLog, type OpenLog } from '../../start/open-log.ts';
import { GatewayStartError } from '../../start-error.ts';
import { readVersion } from '../../version.ts';
import type { ClusterFeed } from '../../workers/cluster-feed.ts';
import type { WorkerPlan } from '../../workers/worker-members.ts';
import { removeStaleSocket } from '../../start/stale-socket.ts';
import { createSupervisor } from '../../workers/supervisor.ts';
import type { Io } from '../io.ts';
import { untilStopped } from '../until-stopped.ts';
import { UsageError } from '../usage-error.ts';
import type { ReadInstallAgain } from './install.ts';
import { reportProblems, countWorkers } from './install.ts';
import { createClusters } from './open-cluster.ts';
import { createPrimaryExport } from './primary-export.ts';

interface InstallFile {
  readonly config: InstallConfig;
  readonly text: string | undefined;
}

/** Milliseconds that a worker may take to exit, in addition to the grace time-outs of its entry points. */
const marginMs = 10_000;

/**
 * Serves with worker processes. This process stores the state that they share and accepts no requests: input of callers never
 * reaches the process on which all others depend.
 */
export async function serveWithWorkers(first: InstallFile, read: ReadInstallAgain, io: Io): Promise<number> {
  const stop = untilStopped(io);
  const stderr = await io.openSink('stderr');
  try {
    // A worker rotates the file.
    const sharing = { clock: systemClock, shared: true, rotates: false };
    const own = await openOwnLog(first.config, { env: io.env, stderr }, sharing);
    try {
      return await supervise(first, read, { io, stop, own });
    } finally {
      await own.flush();
      if (own.sink !== stderr) await own.sink.close();
    }
  } catch (error) {
    if (!(error instanceof GatewayStartError)) throw error;
    io.stderr.write(`error: ${error.message} [${error.code}]\n`);
    return 1;
  } finally {
    stop.cancel();
    await stderr.close();
  }
}

interface SuperviseParts {
  readonly io: Io;
  readonly stop: ReturnType<typeof untilStopped>;
  readonly own: OpenLog;
}

/** @throws GatewayStartError */
async function supervise(
  first: InstallFile,
  read: ReadInstallAgain,
  { io, stop, own: { log, sink } }: SuperviseParts,
): Promise<number> {
  const metrics = createPrimaryMetrics(() => clusters.status());
  const clusters = openClusters(io, log, metrics);
  const logEvent = createWorkerLog(log);
  const version = readVersion();
  let view: MetricsView | undefined = first.config.metrics?.prometheus;
  const supervisor = createSupervisor({
    clock: systemClock,
    fork: await io.openFork(),
    store: createMemoryStore({ clock: systemClock, maxEntries: defaultMaxTokens }),
    secret: randomBytes(32),
    onEvent(event) {
      metrics.onEvent(event);
      logEvent(event);
    },
    onEnded: (readings) => metrics.onEnded(readings),
    onStop: () => stop.stop(),
    async writeMetrics(collected, serving) {
      const series = await metrics.read(collected, serving, version);
      return writeTextInTurns({ series: view === undefined ? series : toShown(series, view) });
    },
  });
  const metricsExport = createPrimaryExport({
    env: io.env,
    log,
    async read() {
      const { collected, serving } = await supervisor.readMetrics();
      return metrics.read(collected, serving, version);
    },
  });
  const restart = async (): Promise<void> => {
    const next = await readNext(read, io, { log, metricsExport });
    if (next === undefined) return;
    view = next.config.metrics?.prometheus;
    await supervisor.restart(toPlan(next, await clusters.open(next.config)));
  };
  const ignore = [
    io.onReopen(() => {
      sink.reopen();
      supervisor.reopenLogs();
    }),
    io.onRestart(() => void restart()),
  ];
  try {
    await metricsExport.configure(first.config);
    const plan = toPlan(first, await clusters.open(first.config));
    // Opened before workers listen on it.
    await removeStaleSocket(first.config.api?.socket);
    const failure = await Promise.race([supervisor.start(plan), stop.stopped]);
    if (failure !== undefined) {
      io.stderr.write(`error: ${failure.message} [${failure.code}]\n`);
      await supervisor.stop();
      return 1;
    }
    await stop.stopped;
    log.info('shutting down');
    await supervisor.stop();
    log.info('stopped');
    return 0;
  } finally {
    await metricsExport.close();
    metrics.close();
    ignore.forEach((end) => end());
  }
}

/** Reads the configuration of a restart; an invalid one is logged, and the result is undefined. */
async function readNext(
  read: ReadInstallAgain,
  io: Io,
  {
    log,
    metricsExport,
  }: { readonly log: Log; readonly metricsExport: ReturnType<typeof createPrimaryExport> },
): Promise<InstallFile | undefined> {
  const message = 'invalid configuration: the workers keep the current one';
  try {
    const next = await readAgain(read, io);
    if (next === undefined) log.error(message);
    else await metricsExport.configure(next.config);
    return next;
  } catch (error) {
    if (!(error instanceof GatewayStartError)) throw error;
    log.error(message, { reason: error.message });
    return undefined;
  }
}

/** Clusters that the primary follows for its workers, with log and counters. */
function openClusters(io: Io, log: Log, metrics: PrimaryMetrics): ReturnType<typeof createClusters> {
  const kubernetesLog = createKubernetesLog(log, systemClock);
  return createClusters(io.env, {
    clock: systemClock,
    onEvent(event) {
      metrics.onKubernetes(event);
      kubernetesLog(event);
    },
    onCall: (call) => metrics.onKubernetesCall(call),
  });
}

function toPlan({ config, text }: InstallFile, cluster: ClusterFeed | undefined): WorkerPlan {
  const graces = Array.from(
    config.entryPoints.values(),
    ({ transport }) => transport.graceTimeoutMs + transport.acceptGraceTimeoutMs,
  );
  return {
    count: countWorkers(config),
    configuration: text,
    cluster,
    endWithinMs: Math.max(0, ...graces) + marginMs,
  };
}

/** Undefined for an invalid configuration; its problems have been reported. */
async function readAgain(read: ReadInstallAgain, io: Io): Promise<InstallFile | undefined> {
  try {
    const text = await read.text();
    const { config, problems } = read.parse(text);
    reportProblems(problems, io);
    return config && { config, text };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.stderr.write(`error: ${error.message}\n`);
    return undefined;
  }
}
