import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '@grantgate/middleware/base/clock';
import type { KubernetesProviderConfig } from '../../config/kubernetes-config.ts';
import type { Problem } from '../../config/place.ts';
import type { Provider, ProviderOutput } from '../provider.ts';
import type { ApiAccess, AccessSources } from './api-access.ts';
import type { ApiCall, ApiEvent } from './api-event.ts';
import { createClient } from './client.ts';
import type { EventReporterOptions } from './event-reporter.ts';
import { createEventReporter } from './event-reporter.ts';
import type { ApiFault } from './fault.ts';
import type { Mirror, RouteObjects } from './mirror.ts';
import { createMirror } from './mirror.ts';
import { createPatience, createSecretsKnown, startTimeoutMs } from './output-delay.ts';
import { createRateLimit } from './rate-limit.ts';
import { createFindRouteStatuses } from './route-statuses.ts';
import { createStatusWriter } from './status-writer.ts';
import type { ResourceStatus } from './resource-status.ts';
import { toStatus } from './resource-status.ts';
import { createSchedule } from './schedule.ts';
import { hostname } from 'node:os';
import { createAccess } from './access.ts';

export interface KubernetesProvider extends Provider {
  /**
   * True once everything has been read, and each Secret that a Middleware refers to is present, absent or forbidden. Until then, a
   * route may be missing or refuse. Secrets without a response delay this for `secretsReadyTimeoutMs` at most.
   */
  isReady(): boolean;
  /** Reasons for waiting, one line each; empty when it is ready. */
  waitsFor(): readonly string[];
  /** How each resource is followed. */
  status(): readonly ResourceStatus[];
  /** Reports the problems of each broken IngressRoute and Middleware in the cluster. Receives all current problems each time. */
  report(problems: readonly Problem[]): void;
}

export interface KubernetesProviderDeps {
  readonly access: ApiAccess;
  readonly clock: Clock;
  readonly onEvent: (event: ApiEvent) => void;
  /** Called for each request to the API server; default: nothing. */
  readonly onCall?: (call: ApiCall) => void;
  /** Called shortly after the reasons for waiting may have changed; default: nothing. */
  readonly onProgress?: () => void;
  /** Name of this process in events of the cluster. */
  readonly instance: string;
  /** Returns a number in [0, 1), as `Math.random`, which is the default. */
  readonly random?: () => number;
}

/** Milliseconds in which changes are collected, because objects that are applied together arrive separately. */
const gatherMs = 10;

/** Routes from a cluster, updated with each change. The last routes stay while the API server is unavailable. */
export function createKubernetesProvider(
  config: KubernetesProviderConfig,
  { access, clock, onEvent, onCall, onProgress, instance, random = Math.random }: KubernetesProviderDeps,
): KubernetesProvider {
  const client = createClient({
    access,
    clock,
    limit: createRateLimit(config, clock),
    onRequest: ({ verb, resource: { resource } }, code) => onCall?.({ verb, resource, code }),
  });
  const reports = createReports(config, { client, clock, instance, onEvent });
  const patience = createPatience(clock);
  const secretsKnown = createSecretsKnown(clock, (secrets) => onEvent({ kind: 'secrets_overdue', secrets }));
  const announce = createAnnounce(onEvent);
  const schedule = createSchedule(clock, () => update());
  const progress = createSchedule(clock, () => onProgress?.());
  let mirror: Mirror | undefined;
  let emit: ((output: ProviderOutput) => void) | undefined;
  let emitted: ProviderOutput | undefined;
  let started: (() => void) | undefined;
  /** The documents in use. */
  let routes: RouteObjects | undefined;

  /** Endpoints and known Secrets may change while routes wait for new Secrets. */
  const update = (): void => {
    if (mirror === undefined) return;
    const latest = mirror.routes();
    mirror.followSecrets(latest);
    const unsettled = mirror.unsettledSecrets();
    const waitMs = patience.waitMs(mirror.isSettled(), unsettled);
    if (waitMs > 0) schedule.within(waitMs);
    else routes = latest;
    if (routes !== undefined) publish(mirror, routes);
    if (waitMs > 0) return;
    progress.within(gatherMs);
    const againMs = mirror.isSynced() ? secretsKnown.note(unsettled) : undefined;
    if (againMs !== undefined) schedule.within(againMs);
    started?.();
  };
  const publish = (from: Mirror, of: RouteObjects): void => {
    const output = toOutput(from, of);
    if (emitted !== undefined && isSame(output, emitted)) return;
    emitted = output;
    schedule.hold(config.throttleMs);
    emit?.(output);
  };
  const isReady = (): boolean =>
    emitted !== undefined && mirror?.isSynced() === true && secretsKnown.isKnown();

  return {
    isReady,
    waitsFor: () => (isReady() ? [] : mirror === undefined ? ['the API server'] : describeWait(mirror)),
    status: () => toStatus(mirror?.copies() ?? [], clock.monotonic()),
    report: (problems) => reports.report(problems, mirror),
    start(next) {
      emit = next;
      patience.start();
      const whenStarted = new Promise<void>((resolve) => (started = resolve));
      mirror = createMirror(config, {
        client,
        clock,
        random,
        onChange() {
          announce(mirror?.fault());
          progress.within(gatherMs);
          schedule.within(gatherMs);
        },
      });
      schedule.within(startTimeoutMs);
      return whenStarted;
    },
    close() {
      schedule.close();
      progress.close();
      reports.close();
      mirror?.close();
      started?.();
    },
  };
}

/** Writes Events of problems, and the status of HTTPRoutes. */
function createReports({ gateway }: KubernetesProviderConfig, options: EventReporterOptions) {
  const events = createEventReporter(options);
  const statuses = createStatusWriter(options);
  const findStatuses = createFindRouteStatuses();
  return {
    report(problems: readonly Problem[], mirror: Mirror | undefined): void {
      events.report(problems, (object) => mirror?.find(object));
      if (gateway !== undefined && mirror !== undefined) {
        const routes = mirror.routes();
        statuses.report(findStatuses({ ...routes, secrets: mirror.secrets(routes) }, problems));
      }
    },
    close(): void {
      events.close();
      statuses.close();
    },
  };
}

const toOutput = (mirror: Mirror, routes: RouteObjects): ProviderOutput => ({
  documents: mirror.documents(routes),
  problems: mirror.problems(),
  unreadSecrets: mirror.unreadSecrets(routes),
});

/** Reports when the API server becomes available, becomes unavailable, or is unavailable for another reason. */
function createAnnounce(onEvent: KubernetesProviderDeps['onEvent']): (fault: ApiFault | undefined) => void {
  let cause: ApiFault['kind'] | undefined;
  return (fault) => {
    if (fault?.kind === cause) return;
    cause = fault?.kind;
    onEvent({ kind: 'state', ready: fault === undefined, reason: fault?.message, cause });
  };
}

function describeWait(mirror: Mirror): readonly string[] {
  const missing = mirror.missing();
  if (missing.length > 0) return missing;
  const secrets = mirror.unsettledSecrets();
  const among = secrets[0] === undefined ? '' : `, ${secrets[0]} among them`;
  return [`${secrets.length} Secrets or ConfigMaps that other objects refer to${among}`];
}

/** The objects of an unchanged cluster stay the same. */
function isSame(a: ProviderOutput, b: ProviderOutput): boolean {
  return (
    a.documents.length === b.documents.length &&
    a.documents.every((document, index) => document === b.documents[index]) &&
    a.problems.length === b.problems.length &&
    a.problems.every(({ message }, index) => message === b.problems[index]?.message) &&
    isDeepStrictEqual(a.unreadSecrets, b.unreadSecrets)
  );
}

/** Creates the provider of a cluster for a process with this environment. */
export function openKubernetes(
  config: KubernetesProviderConfig,
  env: AccessSources['env'],
  deps: Pick<KubernetesProviderDeps, 'clock' | 'onEvent' | 'onCall' | 'onProgress'>,
): KubernetesProvider {
  const access = createAccess(config, { env, clock: deps.clock });
  return createKubernetesProvider(config, { ...deps, access, instance: hostname() });
}
