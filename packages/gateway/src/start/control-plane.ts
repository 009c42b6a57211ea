import type { Clock } from '@grantgate/middleware/base/clock';
import { certificateFilesOf } from '../certificate-files.ts';
import type { InstallConfig } from '../config/install-config.ts';
import type { MiddlewareDeps } from '../middlewares/kind.ts';
import type { Log } from '../observe/log.ts';
import { createProblemLog } from '../observe/problem-log.ts';
import { createAggregate } from '../providers/aggregate.ts';
import type { FileProvider } from '../providers/file/provider.ts';
import { createFileProvider } from '../providers/file/provider.ts';
import { createWatchSet } from '../providers/file/watch-set.ts';
import type { NextTurn } from '../reload/turns.ts';
import { toEntryPointFacts } from '../snapshot/entry-points.ts';
import type { Holder } from '../snapshot/holder.ts';
import type { TokenPurge } from '../snapshot/token-purge.ts';
import { createUpdates } from '../snapshot/updates.ts';
import type { Services } from '../upstream/create-upstream.ts';
import type { ClusterProvider, GatewayIo } from './gateway.ts';
import { describe } from './gateway.ts';
import type { ListenersTls } from './listeners-tls.ts';
import type { Observers } from './observers.ts';
import { assertRoutes } from './readiness.ts';

/** Makes configurations of all providers take effect. */
export interface ControlPlane {
  /** The provider of files; undefined without one. */
  readonly files: FileProvider | undefined;
  /** Resolves when the first configuration is in effect. */
  start(): Promise<Holder>;
  /** True while a change that a provider has emitted has not taken effect. */
  isPending(): boolean;
  close(): Promise<void>;
}

export interface ControlPlaneParts {
  readonly log: Log;
  readonly clock: Clock;
  readonly services: Services;
  readonly middlewares: MiddlewareDeps;
  readonly observers: Pick<Observers, 'onSteps' | 'onApplied'>;
  readonly tokens: TokenPurge;
  readonly cluster: ClusterProvider | undefined;
  /** Parts that concern the entry points. */
  readonly tls: ListenersTls;
  /** Reads the certificates of entry points again. */
  readonly renewCertificates: () => Promise<void>;
}

export function createControlPlane(
  install: InstallConfig,
  { env, signal, worker }: GatewayIo,
  parts: ControlPlaneParts,
): ControlPlane {
  const { log, clock, cluster, observers } = parts;
  const onUnwatched = createUnwatchedLog(log);
  const certificateFiles = certificateFilesOf(install.entryPoints.values());
  const report = createProblemLog(log);
  const speaks = worker === undefined || worker.number === 1;
  const updates = createUpdates({
    env,
    now: () => clock.now(),
    entryPoints: toEntryPointFacts(install.entryPoints),
    services: parts.services,
    middlewares: parts.middlewares,
    onSteps(steps) {
      parts.tokens.configure(steps);
      observers.onSteps(steps);
    },
    onPrepared(prepared, secretFiles) {
      if (speaks) {
        report(prepared.problems);
        cluster?.report(prepared.problems);
      }
      watchSet.watch(new Set([...secretFiles, ...certificateFiles]));
    },
    // Together with its routes: otherwise new connections would use other options than their routers require, and get 421.
    onSwap: (prepared) => parts.tls.configure(prepared),
    onApplied: (prepared) => observers.onApplied(prepared),
    nextTurn,
    onCloseError: (error) => log.error('closing the old configuration failed', { error: describe(error) }),
  });
  const watchSet = createWatchSet({
    clock,
    onUnwatched,
    onChange() {
      updates.refresh();
      void parts.renewCertificates();
    },
  });
  const files =
    install.providers.file && createFileProvider(install.providers.file, { env, clock, onUnwatched });
  const aggregate = createAggregate(
    [files, cluster].filter((provider) => provider !== undefined),
    { clock, nextTurn },
  );
  signal?.addEventListener('abort', () => aggregate.close(), { once: true });
  return {
    files,
    async start() {
      await aggregate.start((configuration) => {
        if (updates.holder === undefined) assertRoutes(files);
        updates.take(configuration);
      });
      signal?.throwIfAborted();
      if (updates.holder === undefined) throw new Error('no configuration was emitted');
      return updates.holder;
    },
    isPending: () => aggregate.isPending() || updates.isPending(),
    async close() {
      aggregate.close();
      await updates.close();
      watchSet.close();
    },
  };
}

/** Requests that have already arrived take precedence. */
const nextTurn: NextTurn = (run) => void setImmediate(run);

/** Logs once that directories cannot be watched. */
function createUnwatchedLog(log: Log): (folder: string, code: string) => void {
  let isKnown = false;
  return (folder, code) => {
    if (isKnown) return;
    isKnown = true;
    log.warn('cannot watch directory; polling it every 2 s instead', { folder, code });
  };
}
