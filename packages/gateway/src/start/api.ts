import type { EndpointStates } from '@grantgate/middleware/token/endpoint-state';
import type { TokenCache } from '@grantgate/middleware/cache/token-cache';
import type { TokenTally } from '@grantgate/middleware/cache/token-tally';
import type { Clock } from '@grantgate/middleware/base/clock';
import type { Api } from '../admin/api/api.ts';
import type { AdminApi } from '../admin/handle.ts';
import type { AdminDashboard } from '../admin/dashboard.ts';
import type { ProcessSource } from '../admin/api/process-source.ts';
import type { ApiQuestion } from '../admin/api/questions.ts';
import type { Survey } from '../admin/api/survey.ts';
import type { InstallConfig } from '../config/install-config.ts';
import { dashboardFolder } from '../dashboard-folder.ts';
import type { Step } from '../middlewares/step.ts';
import type { Log } from '../observe/log.ts';
import type { Gauges } from '../observe/metrics/configuration-labels.ts';
import { readInstallSecret } from '../secrets/install-secret.ts';
import { toEntryPointFacts } from '../snapshot/entry-points.ts';
import type { Holder } from '../snapshot/holder.ts';
import type { PreparedConfiguration } from '../snapshot/prepared.ts';
import type { PresentedCertificates } from '../tls/presented-certificates.ts';
import { readVersion } from '../version.ts';
import type { Services } from '../upstream/create-upstream.ts';
import type { GatewayIo } from './gateway.ts';
import { createIssuerJournal } from './issuer-journal.ts';
import { surveyCallers } from './caller-survey.ts';
import { findStores } from './find-stores.ts';
import type { Observers } from './observers.ts';
import { createStoreJournal, type StoreJournal } from './store-journal.ts';

/** Parts that the API observes from the start. */
export interface ApiState extends Pick<Observers, 'onSteps' | 'onApplied'> {
  readonly endpoints: ProcessSource['endpoints'];
  readonly configuration: ProcessSource['configuration'];
  readonly tallies: ProcessSource['tallies'];
  readonly issuers: ProcessSource['issuers'];
  readonly certificates: ProcessSource['certificates'];
  readonly stores: ProcessSource['stores'];
  readonly circuits: ProcessSource['circuits'];
  readonly callers: ProcessSource['callers'];
  /** Records the events of a store. */
  readonly followStore: StoreJournal['follow'];
}

/** A circuit breaker in use. */
interface Circuit {
  readonly middleware: string;
  readonly read: NonNullable<Step['readCircuit']>;
}

/** Parts that the API reads and that exist without it. */
export interface ApiStateParts {
  readonly clock: Clock;
  readonly endpoints: EndpointStates;
  readonly certificates: PresentedCertificates;
}

/** Undefined when the API is off. */
export function createApiState(
  { api }: InstallConfig,
  { clock, endpoints, certificates }: ApiStateParts,
  { discoveries, keys }: Pick<Observers, 'discoveries' | 'keys'>,
): ApiState | undefined {
  if (api === undefined) return undefined;
  let current: ReturnType<ApiState['configuration']>;
  let tallies = new Map<TokenTally, string[]>();
  const journal = createIssuerJournal(clock);
  discoveries.subscribe(journal.onDiscovery);
  keys.subscribe(journal.onKeys);
  const stores = createStoreJournal(clock);
  let circuits: readonly Circuit[] = [];
  let latestSteps: ReadonlyMap<string, Step> = new Map();
  return {
    endpoints,
    certificates: () => certificates.list(),
    configuration: () => current,
    tallies: () => tallies,
    issuers: () => journal.list(),
    stores: () => stores.list(),
    callers: () => surveyCallers(latestSteps, clock),
    circuits: () => circuits.map(({ middleware, read }) => ({ middleware, ...read() })),
    followStore: (redis, events) => stores.follow(redis, events),
    onSteps(steps: ReadonlyMap<string, Step>) {
      latestSteps = steps;
      circuits = Array.from(steps).flatMap(([middleware, { readCircuit }]) =>
        readCircuit === undefined ? [] : [{ middleware, read: readCircuit }],
      );
      tallies = new Map();
      for (const [name, { tally }] of steps)
        if (tally !== undefined) tallies.set(tally, [...(tallies.get(tally) ?? []), name]);
    },
    onApplied(prepared: PreparedConfiguration) {
      current = { prepared, loadedAt: clock.now() };
      stores.configure(findStores(prepared.steps));
    },
  };
}

export interface ApiDependencies {
  readonly state: ApiState | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly cache: TokenCache;
  readonly services: Services;
  readonly gauges: Gauges;
  readonly observers: Observers;
  readonly serving: Holder;
  readonly unready: () => readonly string[];
}

/** The API, with the replies to questions of other processes. */
export interface OpenApi extends Pick<Api, 'close'> {
  /** Handler for the entry point; undefined: not served there, because no caller would be allowed to use it. */
  readonly front: AdminApi | undefined;
  /** Handler for the Unix socket. */
  readonly local: AdminApi;
  /** Undefined when the API is off. */
  readonly dashboard: AdminDashboard | undefined;
  readonly read: (question: unknown) => unknown;
}

/**
 * Undefined when it is off, or when no caller would be allowed to use it. Modules that only some configurations need are loaded on
 * demand.
 */
export async function openApi(
  install: InstallConfig,
  io: GatewayIo,
  parts: ApiDependencies,
): Promise<OpenApi | undefined> {
  const { api } = install;
  const { state } = parts;
  if (api === undefined || state === undefined) return undefined;
  const isProtected = api.isLoopback || api.isInsecure || api.actionsToken !== undefined;
  const hasFront = api.entryPoint !== undefined && isProtected;
  if (!hasFront && api.socket === undefined) return undefined;
  const [{ createApi }, { createReadProcess }, { askAlone }, { createDashboard }] = await Promise.all([
    import('../admin/api/api.ts'),
    import('../admin/api/read-process.ts'),
    import('../admin/api/survey.ts'),
    import('../admin/dashboard.ts'),
  ]);
  const source = toSource(
    { ...install, api },
    { ...parts, worker: io.worker?.number ?? 1, crashes: io.worker?.crashes },
    state,
  );
  const read = createReadProcess(source);
  const { worker, stop } = io;
  const opened = createApi({
    source,
    // All workers of one gateway run the same code, so their replies have the type that the question requires.
    survey: worker === undefined ? askAlone(read) : (worker.survey as Survey),
    readToken: api.actionsToken && createReadToken(api.actionsToken.reveal(), io.env),
    serves: { front: install.actions, local: install.socketActions },
    actions: {
      onLogLevel: (level) => parts.log.warn('log level changed', { level }),
      onDrain: () => parts.log.warn('shutdown requested by the API'),
      drain: stop,
    },
  });
  return {
    front: hasFront ? opened.front : undefined,
    local: opened.local,
    dashboard: hasFront && api.dashboard ? createDashboard(api.basePath, dashboardFolder) : undefined,
    close: () => opened.close(),
    read: (question) => read(question as ApiQuestion),
  };
}

function toSource(
  install: InstallConfig & Pick<ProcessSource, 'api'>,
  {
    clock,
    log,
    cache,
    services,
    gauges,
    observers,
    serving,
    unready,
    worker,
    crashes,
  }: ApiDependencies & Pick<ProcessSource, 'worker' | 'crashes'>,
  state: ApiState,
): ProcessSource {
  const { figures } = observers;
  return {
    ...state,
    install,
    api: install.api,
    entryPoints: toEntryPointFacts(install.entryPoints),
    clock,
    version: readVersion(),
    worker,
    crashes,
    startedAt: clock.now(),
    snapshot() {
      const lease = serving.acquire();
      lease.release();
      return lease.snapshot;
    },
    cache,
    lookUps: () => figures?.tokens.lookUps() ?? new Map(),
    requests: () => figures?.requests.total() ?? { byStatus: {}, boundsMs: [], durations: [] },
    requestsOf: (router) => figures?.requests.ofRouter(router),
    refusalCounts: () => figures?.requests.refusals() ?? {},
    refusals: observers.recentRefusals,
    health: () => services.health(),
    connections: gauges.connections,
    unready,
    logLevel: () => log.level(),
    setLogLevel: (level) => log.setLevel(level),
  };
}

/** Read for each request that requires it, so that a rotated token takes effect at once. */
const createReadToken = (written: string, env: GatewayIo['env']) => (): string => {
  const secret = readInstallSecret(written, env);
  if ('fault' in secret) throw new Error(secret.fault);
  return secret.text;
};
