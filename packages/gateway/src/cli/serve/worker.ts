import { systemClock } from '@grantgate/middleware/base/clock';
import type { Gateway } from '../../start/gateway.ts';
import { startGateway } from '../../compose.ts';
import { GatewayStartError } from '../../start-error.ts';
import type { PurgeRequest, PurgeResult } from '../../snapshot/token-purge.ts';
import type { Assignment, ToWorker } from '../../workers/messages.ts';
import { createRequestLink } from '../../workers/request-link.ts';
import { createPrimaryCluster, type PrimaryCluster } from '../../workers/primary-cluster.ts';
import type { SurveyReplies } from '../../workers/surveys.ts';
import type { PrimaryLink } from '../../workers/primary-link.ts';
import { splitReadings } from '../../workers/split-readings.ts';
import { createPrimaryStore } from '../../workers/primary-store.ts';
import type { Io } from '../io.ts';
import type { ReadInstallAgain } from './install.ts';

/** Serves as one of several processes until the primary stops it. */
export async function serveAsWorker(read: ReadInstallAgain, primary: PrimaryLink, io: Io): Promise<number> {
  // A terminal, or systemd, signals every process; only the primary acts on signals.
  io.onSignal(() => {});
  io.onReopen(() => {});
  io.onRestart(() => {});
  const orders = listenTo(primary);
  primary.send({ kind: 'hello' });
  const assignment = await orders.assigned;
  const sinks = { stdout: await io.openSink('stdout'), stderr: await io.openSink('stderr') };
  try {
    if (assignment !== undefined) await serve(assignment, read, orders, { primary, io, sinks });
    return 0;
  } catch (error) {
    if (orders.stopping.aborted && error === orders.stopping.reason) return 0;
    if (!(error instanceof GatewayStartError)) throw error;
    primary.send({ kind: 'failed', failure: { code: error.code, message: error.message } });
    return 1;
  } finally {
    await Promise.all([sinks.stdout.close(), sinks.stderr.close()]);
    await primary.leave();
  }
}

interface WorkerEnvironment {
  readonly primary: PrimaryLink;
  readonly io: Io;
  readonly sinks: Pick<Parameters<typeof startGateway>[1], 'stdout' | 'stderr'>;
}

async function serve(
  { number, secret, configuration, crashes }: Assignment,
  read: ReadInstallAgain,
  orders: PrimaryCommands,
  { primary, io, sinks }: WorkerEnvironment,
): Promise<void> {
  const { config } = read.parse(configuration);
  // The primary has parsed the same text.
  if (config === undefined) throw new Error('cannot parse the configuration');
  const { store, take } = createPrimaryStore((request) => primary.send(request));
  orders.onStored = take;
  const metrics = createRequestLink<undefined, string>(
    (id) => primary.send({ kind: 'metrics', id }),
    systemClock,
  );
  orders.onMetrics = createMetricsListener((id, text) => metrics.take(id, text));
  const purges = createRequestLink<PurgeRequest, PurgeResult>(
    (id, request) => primary.send({ kind: 'purge', id, request }),
    systemClock,
  );
  orders.onPurged = ({ id, purged }) => purges.take(id, purged);
  const surveys = createRequestLink<unknown, SurveyReplies>(
    (id, question) => primary.send({ kind: 'survey', id, question }),
    systemClock,
  );
  orders.onSurveyed = ({ id, replies }) => surveys.take(id, replies);
  const gateway = await startGateway(config, {
    env: io.env,
    ...sinks,
    signal: orders.stopping,
    stop: () => primary.send({ kind: 'stop' }),
    worker: {
      number,
      crashes,
      local: { store, secret },
      metrics: () => metrics.request(undefined),
      purge: (request) => purges.request(request),
      survey: (question) => surveys.request(question),
      cluster: orders.cluster,
    },
  });
  const tell = (): void => {
    const readings = gateway.readMetrics();
    const parts = readings === undefined ? [] : splitReadings(readings);
    for (const [at, part] of parts.entries())
      primary.send({ kind: 'counted', readings: part, isPart: at < parts.length - 1 });
  };
  orders.onCount = tell;
  orders.onPurge = ({ id, request }) =>
    primary.send({ kind: 'purged', id, purged: gateway.purgeTokens(request) });
  orders.onSurvey = ({ id, question }) =>
    primary.send({ kind: 'surveyed', id, reading: gateway.readForApi(question) });
  const ended = orders.obey(gateway);
  primary.send({ kind: 'ready', addresses: gateway.addresses });
  await ended;
  tell();
}

/** Joins the parts of metrics. */
function createMetricsListener(
  onComplete: (id: number, text: string | undefined) => void,
): PrimaryCommands['onMetrics'] {
  const begun = new Map<number, string>();
  return ({ id, text, isPart = false }) => {
    const whole = text === undefined ? undefined : (begun.get(id) ?? '') + text;
    if (isPart) {
      begun.set(id, whole ?? '');
      return;
    }
    begun.delete(id);
    onComplete(id, whole);
  };
}

/** Commands of the primary process. */
interface PrimaryCommands {
  /** Undefined when the worker is no longer needed. */
  readonly assigned: Promise<Assignment | undefined>;
  /** Aborted when the primary stops the worker: a start in progress is abandoned. */
  readonly stopping: AbortSignal;
  /** Applies earlier and later commands of the primary to the gateway; resolves when the gateway has stopped. */
  obey(gateway: Gateway): Promise<void>;
  onStored: (reply: ToWorker & { readonly kind: 'stored' }) => void;
  onMetrics: (reply: ToWorker & { readonly kind: 'metrics' }) => void;
  onCount: () => void;
  onPurge: (order: ToWorker & { readonly kind: 'purge' }) => void;
  onPurged: (reply: ToWorker & { readonly kind: 'purged' }) => void;
  onSurvey: (order: ToWorker & { readonly kind: 'survey' }) => void;
  onSurveyed: (reply: ToWorker & { readonly kind: 'surveyed' }) => void;
  /** The cluster of `providers`, which the primary follows. */
  readonly cluster: PrimaryCluster;
}

function listenTo(primary: PrimaryLink): PrimaryCommands {
  let assign = (_assignment: Assignment | undefined): void => {};
  let end: (kind: 'retire' | 'drain') => void = (kind) => void (early = kind);
  let early: 'retire' | 'drain' | undefined;
  let reopen = (): void => {};
  const stopping = new AbortController();
  const orders: PrimaryCommands = {
    assigned: new Promise((resolve) => (assign = resolve)),
    stopping: stopping.signal,
    onStored: () => {},
    onMetrics: () => {},
    onCount: () => {},
    // No token has been requested yet.
    onPurge: ({ id }) => primary.send({ kind: 'purged', id, purged: { middlewares: 0, tokens: 0 } }),
    onPurged: () => {},
    onSurvey: ({ id }) => primary.send({ kind: 'surveyed', id, reading: undefined }),
    onSurveyed: () => {},
    cluster: createPrimaryCluster((problems) => primary.send({ kind: 'cluster_problems', problems })),
    obey: (gateway) =>
      new Promise((resolve, reject) => {
        reopen = () => gateway.reopenLogs();
        end = (kind) => void gateway[kind]().then(resolve, reject);
        if (early !== undefined) end(early);
      }),
  };
  primary.onMessage((message) => {
    switch (message.kind) {
      case 'start':
        assign(message);
        return;
      case 'reopen':
        reopen();
        return;
      case 'retire':
      case 'drain':
        assign(undefined);
        stopping.abort();
        end(message.kind);
        return;
      case 'count':
        orders.onCount();
        return;
      case 'metrics':
        orders.onMetrics(message);
        return;
      case 'purge':
        orders.onPurge(message);
        return;
      case 'purged':
        orders.onPurged(message);
        return;
      case 'survey':
        orders.onSurvey(message);
        return;
      case 'surveyed':
        orders.onSurveyed(message);
        return;
      case 'cluster_output':
      case 'cluster_waits':
        orders.cluster.take(message);
        return;
      case 'stored':
        orders.onStored(message);
    }
  });
  return orders;
}
