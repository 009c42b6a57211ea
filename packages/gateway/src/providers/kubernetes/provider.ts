import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import type { KubernetesProviderConfig } from '../../config/install.ts';
import type { Problem } from '../../config/place.ts';
import type { Provider, ProviderOutput } from '../provider.ts';
import type { ApiAccess } from './access.ts';
import type { ApiEvent } from './api-event.ts';
import { createClient } from './client.ts';
import { createEventReporter } from './event-reporter.ts';
import type { Mirror } from './mirror.ts';
import { createMirror } from './mirror.ts';

export interface KubernetesProvider extends Provider {
  /**
   * True once everything has been read, and each Secret that a Middleware refers to is present, absent or forbidden: until then a
   * route may be missing or refuse. Secrets without a response hold it up for `secretsReadyTimeoutMs` at most.
   */
  isReady(): boolean;
  /** Has the cluster say what is wrong with each broken IngressRoute and Middleware; told all that is known, each time. */
  report(problems: readonly Problem[]): void;
}

export interface KubernetesProviderDeps {
  readonly access: ApiAccess;
  readonly clock: Clock;
  readonly onEvent: (event: ApiEvent) => void;
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
  { access, clock, onEvent, instance, random = Math.random }: KubernetesProviderDeps,
): KubernetesProvider {
  const client = createClient(access, clock);
  const reporter = createEventReporter({ client, clock, instance, onEvent });
  let mirror: Mirror | undefined;
  let emit: ((output: ProviderOutput) => void) | undefined;
  let emitted: ProviderOutput | undefined;
  let earliest = -Infinity;
  let timer: Timer | undefined;
  let dueAt = 0;
  let waitingUntil: number | undefined;
  let away = false;
  let started: (() => void) | undefined;
  /** Once true it stays: a Secret that a later Middleware is the first to refer to does not take a gateway out of service. */
  let areSecretsKnown = false;
  let secretsDueAt: number | undefined;

  const announce = (): void => {
    const fault = mirror?.fault();
    if ((fault !== undefined) === away) return;
    away = fault !== undefined;
    onEvent({ kind: 'state', ready: !away, reason: fault?.message });
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
  /** The first output waits for the cluster, each further one for the Secrets that are new in it; none waits for ever. */
  const update = (): void => {
    if (mirror === undefined || emit === undefined) return;
    const now = clock.monotonic();
    const isFirst = emitted === undefined;
    mirror.followSecrets();
    const isWhole =
      (!isFirst || mirror.isSettled()) && mirror.unsettledSecrets().every((name) => overdue.has(name));
    if (!isWhole) {
      waitingUntil ??= now + (isFirst ? startTimeoutMs : secretTimeoutMs);
      if (now < waitingUntil) {
        schedule(waitingUntil - now);
        return;
      }
    }
    overdue = new Set(mirror.unsettledSecrets());
    waitingUntil = undefined;
    const output = { documents: mirror.documents(), problems: mirror.problems() };
    if (emitted === undefined || !isSame(output, emitted)) {
      emitted = output;
      earliest = now + config.throttleMs;
      emit(output);
    }
    if (mirror.isSynced()) {
      secretsDueAt ??= now + secretsReadyTimeoutMs;
      areSecretsKnown ||= overdue.size === 0;
    }
    started?.();
  };
  /** Secrets that a change has waited for in vain: the next one does not. */
  let overdue: ReadonlySet<string> = new Set();

  return {
    isReady: () =>
      emitted !== undefined &&
      mirror?.isSynced() === true &&
      (areSecretsKnown || (secretsDueAt !== undefined && clock.monotonic() >= secretsDueAt)),
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

/** The objects of an unchanged cluster stay the same ones. */
function isSame(a: ProviderOutput, b: ProviderOutput): boolean {
  return (
    a.documents.length === b.documents.length &&
    a.documents.every((document, index) => document === b.documents[index]) &&
    a.problems.length === b.problems.length &&
    a.problems.every(({ message }, index) => message === b.problems[index]?.message)
  );
}
