import { isDeepStrictEqual } from 'node:util';
import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import type { KubernetesProviderConfig } from '../../config/install.ts';
import type { Problem } from '../../config/place.ts';
import type { Provider, ProviderOutput } from '../provider.ts';
import type { ApiAccess } from './api-access.ts';
import type { ApiCall, ApiEvent } from './api-event.ts';
import { createClient } from './client.ts';
import type { Copy } from './copy.ts';
import { createEventReporter } from './event-reporter.ts';
import type { ApiFault } from './fault.ts';
import type { Mirror, Routes } from './mirror.ts';
import { createMirror } from './mirror.ts';
import { createRateLimit } from './rate-limit.ts';

export interface KubernetesProvider extends Provider {
  /**
   * True once everything has been read, and each Secret that a Middleware refers to is present, absent or forbidden: until then a
   * route may be missing or refuse. Secrets without a response hold it up for `secretsReadyTimeoutMs` at most.
   */
  isReady(): boolean;
  /** What is waited for, one line each; empty when it is ready. */
  waitsFor(): readonly string[];
  /** How each resource is followed. */
  status(): readonly ResourceStatus[];
  /** Has the cluster say what is wrong with each broken IngressRoute and Middleware; told all that is known, each time. */
  report(problems: readonly Problem[]): void;
}

/** How the objects of one resource are followed. */
export interface ResourceStatus {
  /** In URLs and roles: plural, lower case. */
  readonly resource: string;
  readonly watches: number;
  /** Whether all of them have been read. */
  readonly synced: boolean;
  /** Milliseconds since the API server was last heard of on the watch that has been silent longest; undefined before the first list. */
  readonly silentMs: number | undefined;
}

export interface KubernetesProviderDeps {
  readonly access: ApiAccess;
  readonly clock: Clock;
  readonly onEvent: (event: ApiEvent) => void;
  /** Told of each request to the API server; default: nothing. */
  readonly onCall?: (call: ApiCall) => void;
  /** Name of this process in events of the cluster. */
  readonly instance: string;
  /** Returns a number in [0, 1), as `Math.random`, which is the default. */
  readonly random?: () => number;
}

/** Milliseconds that a start waits for the API server; after that the gateway has no routes of the cluster until it answers. */
export const startTimeoutMs = 10_000;
/** Milliseconds that a change waits for the Secrets that it is the first to refer to. */
export const secretTimeoutMs = 5000;
/** Milliseconds that readiness waits for Secrets once everything else has been read. */
export const secretsReadyTimeoutMs = 30_000;
/** Milliseconds in which changes gather: many objects that are applied at once come in many pieces. */
const gatherMs = 10;

/** Routes from a cluster, as they are and as they change. Keeps what it has while the API server is away. */
export function createKubernetesProvider(
  config: KubernetesProviderConfig,
  { access, clock, onEvent, onCall, instance, random = Math.random }: KubernetesProviderDeps,
): KubernetesProvider {
  const client = createClient({
    access,
    clock,
    limit: createRateLimit(config, clock),
    onRequest: ({ verb, resource: { resource } }, code) => onCall?.({ verb, resource, code }),
  });
  const reporter = createEventReporter({ client, clock, instance, onEvent });
  let mirror: Mirror | undefined;
  let emit: ((output: ProviderOutput) => void) | undefined;
  let emitted: ProviderOutput | undefined;
  let earliest = -Infinity;
  let timer: Timer | undefined;
  let dueAt = 0;
  let waitingUntil: number | undefined;
  let cause: ApiFault['kind'] | undefined;
  let started: (() => void) | undefined;
  /** Once true it stays: a Secret that a later Middleware is the first to refer to does not take a gateway out of service. */
  let areSecretsKnown = false;
  let secretsDueAt: number | undefined;

  const announce = (): void => {
    const fault = mirror?.fault();
    if (fault?.kind === cause) return;
    cause = fault?.kind;
    onEvent({ kind: 'state', ready: fault === undefined, reason: fault?.message, cause });
  };
  /** No later than after `delayMs`, however often something changes meanwhile, but for `throttleMs`. */
  const schedule = (delayMs: number): void => {
    const now = clock.monotonic();
    const at = Math.max(now + delayMs, earliest);
    if (timer !== undefined && dueAt <= at) return;
    timer?.cancel();
    dueAt = at;
    timer = clock.after(at - now, () => {
      timer = undefined;
      update();
    });
  };
  /**
   * The first output waits for the cluster, and later changes of routes for the Secrets that are new in them; neither waits for
   * ever. Endpoints and known Secrets change meanwhile.
   */
  const update = (): void => {
    if (mirror === undefined || emit === undefined) return;
    const now = clock.monotonic();
    const isFirst = emitted === undefined;
    const latest = mirror.routes();
    mirror.followSecrets(latest);
    const unsettled = mirror.unsettledSecrets();
    const isWhole = (!isFirst || mirror.isSettled()) && unsettled.every((name) => overdue.has(name));
    if (!isWhole) {
      waitingUntil ??= now + (isFirst ? startTimeoutMs : secretTimeoutMs);
      if (now < waitingUntil) {
        if (routes !== undefined) publish(routes);
        schedule(waitingUntil - now);
        return;
      }
    }
    overdue = new Set(unsettled);
    waitingUntil = undefined;
    routes = latest;
    publish(routes);
    if (mirror.isSynced()) noteSecrets(unsettled);
    started?.();
  };
  const publish = (of: Routes): void => {
    if (mirror === undefined || emit === undefined) return;
    const output = {
      documents: mirror.documents(of),
      problems: mirror.problems(),
      unreadSecrets: mirror.unreadSecrets(of),
    };
    if (emitted !== undefined && isSame(output, emitted)) return;
    emitted = output;
    earliest = clock.monotonic() + config.throttleMs;
    emit(output);
  };
  const noteSecrets = (unsettled: readonly string[]): void => {
    if (areSecretsKnown) return;
    const now = clock.monotonic();
    secretsDueAt ??= now + secretsReadyTimeoutMs;
    areSecretsKnown = unsettled.length === 0 || now >= secretsDueAt;
    if (!areSecretsKnown) schedule(secretsDueAt - now);
    else if (unsettled.length > 0) onEvent({ kind: 'secrets_overdue', secrets: unsettled });
  };
  const isReady = (): boolean => emitted !== undefined && mirror?.isSynced() === true && areSecretsKnown;
  /** Secrets that a change has waited for in vain: the next one does not. */
  let overdue: ReadonlySet<string> = new Set();
  /** Those that are in force. */
  let routes: Routes | undefined;

  return {
    isReady,
    waitsFor() {
      if (isReady()) return [];
      const missing = mirror?.missing() ?? [];
      if (missing.length > 0) return missing;
      const secrets = mirror?.unsettledSecrets() ?? [];
      const among = secrets[0] === undefined ? '' : `, ${secrets[0]} among them`;
      return [`${secrets.length} Secrets that Middlewares refer to${among}`];
    },
    status: () => toStatus(mirror?.copies() ?? [], clock.monotonic()),
    report: (problems) => reporter.report(problems, (object) => mirror?.find(object)),
    start(next) {
      emit = next;
      waitingUntil = clock.monotonic() + startTimeoutMs;
      const whenStarted = new Promise<void>((resolve) => (started = resolve));
      mirror = createMirror(config, {
        client,
        clock,
        random,
        onChange() {
          announce();
          schedule(gatherMs);
        },
      });
      schedule(startTimeoutMs);
      return whenStarted;
    },
    close() {
      timer?.cancel();
      emit = undefined;
      reporter.close();
      mirror?.close();
      started?.();
    },
  };
}

function toStatus(copies: readonly Copy[], now: number): readonly ResourceStatus[] {
  const byResource = new Map<string, ResourceStatus>();
  for (const { selection, reflector } of copies) {
    const { resource } = selection.resource;
    const before = byResource.get(resource);
    const heardAt = reflector.heardAt();
    const silences = [before?.silentMs, heardAt === undefined ? undefined : now - heardAt];
    const known = silences.filter((ms) => ms !== undefined);
    byResource.set(resource, {
      resource,
      watches: (before?.watches ?? 0) + Number(reflector.isWatching()),
      synced: (before?.synced ?? true) && reflector.isSynced(),
      silentMs: known.length === 0 ? undefined : Math.max(...known),
    });
  }
  return Array.from(byResource.values());
}

/** The objects of an unchanged cluster stay the same ones. */
function isSame(a: ProviderOutput, b: ProviderOutput): boolean {
  return (
    a.documents.length === b.documents.length &&
    a.documents.every((document, index) => document === b.documents[index]) &&
    a.problems.length === b.problems.length &&
    a.problems.every(({ message }, index) => message === b.problems[index]?.message) &&
    isDeepStrictEqual(a.unreadSecrets, b.unreadSecrets)
  );
}
