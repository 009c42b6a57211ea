import type { Clock } from '@grantgate/middleware/base/clock';
import type { TokenStore } from '@grantgate/middleware/cache/store';
import type { ListenAddresses } from '../config/address.ts';
import type { CollectionResult } from './collection.ts';
import type { WorkerEvent } from './event.ts';
import { createFollowedClusters } from './followed-clusters.ts';
import type { StartFailure } from './messages.ts';
import type { Readings } from './readings.ts';
import {
  createWorkerMembers,
  type WorkerMember,
  type WorkerPlan,
  type WorkerProcess,
} from './worker-members.ts';
import { createWorkerRequests } from './worker-requests.ts';
import { createWorkerSlots, type WorkerSlots } from './worker-slots.ts';

export interface SupervisorDeps {
  readonly clock: Clock;
  readonly fork: () => WorkerProcess;
  /** Shared by the workers. */
  readonly store: TokenStore;
  readonly secret: Uint8Array;
  readonly onEvent: (event: WorkerEvent) => void;
  /** Called with the counts of a worker that has exited. */
  readonly onEnded: (readings: Readings) => void;
  /** Called when a worker requests a shutdown of the gateway. Default: nothing happens. */
  readonly onStop?: () => void;
  /** Writes the metrics of all workers for one of them. @param serving workers that are ready. */
  readonly writeMetrics: (collected: CollectionResult, serving: number) => string | Promise<string>;
  /** As `Math.random`, which is the default. */
  readonly random?: () => number;
}

/** Keeps the workers of one gateway running. */
export interface Supervisor {
  /**
   * Starts one worker and, once it is ready, the others. Resolves with the reason when the first one fails; no worker is running
   * in that case.
   */
  start(plan: WorkerPlan): Promise<StartFailure | undefined>;
  /**
   * Replaces one worker after the other, each once its successor is ready. When a successor cannot start, the remaining workers
   * keep running. A call during a restart starts another one afterwards, with the latest plan.
   */
  restart(plan: WorkerPlan): Promise<void>;
  reopenLogs(): void;
  /** Collects the metrics of the workers, and the number of serving ones. */
  readMetrics(): Promise<{ readonly collected: CollectionResult; readonly serving: number }>;
  /** Drains all workers; resolves when they have exited. */
  stop(): Promise<void>;
}

/** Plans of the workers during a restart. */
interface Supervision {
  plan: WorkerPlan;
  /** Plan of the next restart. */
  next: WorkerPlan | undefined;
  /** Resolves when all workers have exited; undefined: they are kept running. */
  stopped: Promise<void> | undefined;
}

export function createSupervisor(deps: SupervisorDeps): Supervisor {
  const { clock, onEvent, random = Math.random } = deps;
  // No worker starts before there is a plan.
  const state: Supervision = {
    plan: { count: 0, configuration: undefined, endWithinMs: 0 },
    next: undefined,
    stopped: undefined,
  };
  const isStopping = (): boolean => state.stopped !== undefined;
  let whenGone = (): void => {};
  let restarting: Promise<void> | undefined;

  const members = createWorkerMembers({
    ...{ clock, fork: deps.fork, secret: deps.secret, onEvent, isStopping },
    onRequest: (member, message) => requests.take(member, message),
    onExit: (member) => requests.end(member),
    onGone() {
      clusters.closeUnused();
      if (members.live.size === 0) whenGone();
    },
  });
  const slots = createWorkerSlots({
    ...{ clock, members, random, onEvent, isStopping },
    plan: () => state.plan,
    onListening: createAnnouncement(onEvent),
  });
  const countServing = (): number =>
    [...slots.all.values()].filter(({ current }) => current !== undefined).length;
  const requests = createWorkerRequests<WorkerMember>(deps, {
    all: () => members.live,
    ready: () => [...members.live].filter(({ readySinceMs }) => readySinceMs !== undefined),
    serving: countServing,
  });
  const clusters = createFollowedClusters(() => [
    ...(isStopping() ? [] : [state.plan.cluster, state.next?.cluster]),
    ...Array.from(members.live, ({ cluster }) => cluster),
  ]);

  const restartWithNext = async (): Promise<void> => {
    while (state.next !== undefined && !isStopping()) {
      const { next } = state;
      state.next = undefined;
      onEvent({ kind: 'restarting' });
      const outcome = await replaceAll(next, state, slots, onEvent);
      clusters.closeUnused();
      if (outcome !== 'stopped') onEvent({ kind: outcome });
    }
    restarting = undefined;
  };

  return {
    async start(plan) {
      state.plan = plan;
      clusters.add(plan.cluster);
      const failure = await slots.launch(slots.of(1), plan);
      if (failure !== undefined || isStopping()) return failure;
      for (let number = 2; number <= state.plan.count; number += 1) void slots.fill(slots.of(number));
      return undefined;
    },
    restart(plan) {
      state.next = plan;
      clusters.add(plan.cluster);
      return (restarting ??= restartWithNext());
    },
    readMetrics: async () => ({ collected: await requests.collect(), serving: countServing() }),
    reopenLogs: () => members.live.forEach(({ process }) => process.send({ kind: 'reopen' })),
    stop() {
      state.stopped ??= new Promise((resolve) => {
        for (const { timer } of slots.all.values()) timer?.cancel();
        whenGone = resolve;
        if (members.live.size === 0) resolve();
        for (const member of members.live) members.end(member, 'drain', state.plan.endWithinMs);
      });
      // Their listeners have been removed.
      if (members.live.size === 0) clusters.closeUnused();
      return state.stopped;
    },
  };
}

/** Replaces one worker after the other; stops at the first one that cannot start. */
async function replaceAll(
  next: WorkerPlan,
  state: Supervision,
  slots: WorkerSlots,
  onEvent: SupervisorDeps['onEvent'],
): Promise<'restarted' | 'restart_failed' | 'stopped'> {
  for (let number = 1; number <= next.count; number += 1) {
    const slot = slots.of(number);
    const failure = await slots.launch(slot, next);
    if (state.stopped !== undefined) return 'stopped';
    if (failure !== undefined) {
      const isNew = number > state.plan.count;
      if (isNew) slots.remove(slot);
      const delayMs = isNew ? undefined : slots.fillIfEmpty(slot);
      onEvent({ kind: 'start_failed', worker: number, reason: failure.message, delayMs });
      return 'restart_failed';
    }
    // Replacements of crashed workers use the plan with which a worker last started.
    state.plan = { ...next, count: Math.max(number, state.plan.count) };
  }
  for (const slot of [...slots.all.values()].filter(({ number }) => number > next.count)) slots.remove(slot);
  state.plan = next;
  return 'restarted';
}

/** Announces the addresses of the gateway, once until they change. */
function createAnnouncement(onEvent: SupervisorDeps['onEvent']): (addresses: ListenAddresses) => void {
  let announced: string | undefined;
  return (addresses) => {
    const text = JSON.stringify([...addresses]);
    if (text === announced) return;
    announced = text;
    onEvent({ kind: 'listening', addresses });
  };
}
