import { backoffDelayMs } from '@grantgate/middleware/base/backoff';
import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import type { TokenStore } from '@grantgate/middleware/cache/store';
import type { ListenAddresses } from '../config/install.ts';
import type { ClusterFeed } from './cluster-feed.ts';
import { createFollowedClusters } from './followed-clusters.ts';
import type { CollectionResult } from './collection.ts';
import type { WorkerEvent } from './event.ts';
import type { Assignment, StartFailure, ToPrimary, ToWorker } from './messages.ts';
import type { Readings } from './readings.ts';
import { createWorkerRequests } from './worker-requests.ts';

/** One process of a worker. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  /** Does nothing once it has ended. */
  send(message: ToWorker): void;
  onMessage(listener: (message: ToPrimary) => void): void;
  /** Told once, after its last message, with the exit code or the signal in words. */
  onExit(listener: (how: string) => void): void;
  /** Ends it at once. */
  kill(): void;
}

/** What workers are started for; changes with each restart. */
export interface WorkerPlan {
  readonly count: number;
  readonly configuration: Assignment['configuration'];
  /** Closed when no worker is started for it any more. Undefined without a cluster. */
  readonly cluster?: ClusterFeed | undefined;
  /** Milliseconds after which a worker that was told to end is cut. */
  readonly endWithinMs: number;
}

export interface SupervisorDeps {
  readonly clock: Clock;
  readonly fork: () => WorkerProcess;
  /** Shared by the workers. */
  readonly store: TokenStore;
  readonly secret: Uint8Array;
  readonly onEvent: (event: WorkerEvent) => void;
  /** Called with the counts of a worker that has exited. */
  readonly onEnded: (readings: Readings) => void;
  /** Writes the metrics of all workers for one of them. @param serving workers that are ready. */
  readonly writeMetrics: (collected: CollectionResult, serving: number) => string;
  /** As `Math.random`, which is the default. */
  readonly random?: () => number;
}

/** Keeps the workers of one gateway running. */
export interface Supervisor {
  /**
   * Starts one worker and, once it is ready, the others. Resolves with the reason when the first one fails; no worker is left
   * then.
   */
  start(plan: WorkerPlan): Promise<StartFailure | undefined>;
  /**
   * Replaces one worker after the other, each when its successor is ready. When a successor cannot start, those that are left
   * go on. A call while one is under way replaces them once more afterwards, with the last plan.
   */
  restart(plan: WorkerPlan): Promise<void>;
  reopenLogs(): void;
  /** Lets all of them drain; resolves when they have ended. */
  stop(): Promise<void>;
}

/** Waits before a worker is replaced, in milliseconds; from the start again when it has served for `steadyMs`. */
const backoff = { baseMs: 200, maxMs: 30_000 };
const steadyMs = 30_000;

interface WorkerMember {
  readonly slot: WorkerSlot;
  readonly cluster: ClusterFeed | undefined;
  readonly process: WorkerProcess;
  /** Later ones have a higher one. */
  readonly order: number;
  readySinceMs: number | undefined;
  /** Ends it when it does not end by itself. */
  cut: Timer | undefined;
  /** Tells it no more of the cluster. */
  leaveCluster: (() => void) | undefined;
}

/** The place of one worker among the others. */
interface WorkerSlot {
  readonly number: number;
  current: WorkerMember | undefined;
  /** Processes that are not ready yet. */
  starting: number;
  /** Crashes and failed starts in a row. */
  faults: number;
  timer: Timer | undefined;
}

export function createSupervisor(deps: SupervisorDeps): Supervisor {
  const { clock, onEvent } = deps;
  const slots = new Map<number, WorkerSlot>();
  const live = new Set<WorkerMember>();
  const requests = createWorkerRequests<WorkerMember>(deps, {
    all: () => live,
    ready: () => [...live].filter(({ readySinceMs }) => readySinceMs !== undefined),
    serving: () => [...slots.values()].filter(({ current }) => current !== undefined).length,
  });
  let plan: WorkerPlan;
  let orders = 0;
  let announced: string | undefined;
  let stopping: Promise<void> | undefined;
  let whenGone: (() => void) | undefined;
  const clusters = createFollowedClusters(() => [
    ...(stopping === undefined ? [plan.cluster, asked?.cluster] : []),
    ...Array.from(live, ({ cluster }) => cluster),
  ]);

  const launch = (
    slot: WorkerSlot,
    { configuration, cluster }: WorkerPlan,
  ): Promise<StartFailure | undefined> => {
    const member: WorkerMember = {
      slot,
      cluster,
      process: deps.fork(),
      order: (orders += 1),
      readySinceMs: undefined,
      cut: undefined,
      leaveCluster: undefined,
    };
    const { process } = member;
    live.add(member);
    slot.starting += 1;
    return new Promise((resolve) => {
      let failure: StartFailure | undefined;
      process.onMessage((message) => {
        switch (message.kind) {
          case 'hello':
            if (stopping === undefined) {
              process.send({ kind: 'start', number: slot.number, configuration, secret: deps.secret });
              member.leaveCluster = cluster?.subscribe((news) => process.send(news));
            } else process.send({ kind: 'drain' });
            return;
          case 'ready':
            member.readySinceMs = clock.monotonic();
            slot.starting -= 1;
            onEvent({ kind: 'ready', worker: slot.number, pid: process.pid });
            announce(message.addresses);
            install(member);
            resolve(undefined);
            return;
          case 'failed':
            failure = message.failure;
            return;
          case 'cluster_problems':
            cluster?.report(message.problems);
            return;
          default:
            requests.take(member, message);
        }
      });
      process.onExit((how) => {
        live.delete(member);
        member.cut?.cancel();
        member.leaveCluster?.();
        requests.end(member);
        if (member.readySinceMs === undefined) {
          slot.starting -= 1;
          resolve(failure ?? { code: 'worker_failed', message: `a worker exited during its start (${how})` });
        } else if (slot.current === member) lose(member, how);
        clusters.closeUnused();
        if (live.size === 0) whenGone?.();
      });
    });
  };

  /** Makes a worker that is ready the one of its slot; the one before it, or itself if a later one was quicker, retires. */
  const install = (member: WorkerMember): void => {
    const { slot } = member;
    const { current } = slot;
    if (slots.get(slot.number) !== slot || (current !== undefined && current.order > member.order)) {
      retire(member);
      return;
    }
    slot.current = member;
    slot.timer?.cancel();
    slot.timer = undefined;
    if (current !== undefined) retire(current);
  };

  const retire = (member: WorkerMember): void => {
    member.process.send({ kind: 'retire' });
    // Twice the time: for what connections still ask for, and for what is under way then.
    cutAfter(2 * plan.endWithinMs, member);
  };

  const cutAfter = (delayMs: number, member: WorkerMember): void => {
    member.cut?.cancel();
    member.cut = clock.after(delayMs, () => {
      onEvent({ kind: 'killed', worker: member.slot.number });
      member.process.kill();
    });
  };

  const announce = (addresses: ListenAddresses): void => {
    const text = JSON.stringify([...addresses]);
    if (text === announced) return;
    announced = text;
    onEvent({ kind: 'listening', addresses });
  };

  const lose = ({ slot, readySinceMs = 0 }: WorkerMember, how: string): void => {
    slot.current = undefined;
    if (stopping !== undefined) return;
    if (clock.monotonic() - readySinceMs >= steadyMs) slot.faults = 0;
    onEvent({ kind: 'crashed', worker: slot.number, how, delayMs: fillLater(slot) });
  };

  const fillLater = (slot: WorkerSlot): number => {
    const delayMs = Math.ceil(
      backoffDelayMs(slot.faults, { ...backoff, random: deps.random ?? Math.random }),
    );
    slot.faults += 1;
    slot.timer?.cancel();
    slot.timer = clock.after(delayMs, () => {
      slot.timer = undefined;
      // One that is on its way for a restart fills the slot, or comes back here.
      if (slot.starting === 0) void fill(slot);
    });
    return delayMs;
  };

  const fill = async (slot: WorkerSlot): Promise<void> => {
    const failure = await launch(slot, plan);
    if (failure === undefined || stopping !== undefined) return;
    const isWanted = slots.get(slot.number) === slot && slot.current === undefined;
    const delayMs = isWanted ? fillLater(slot) : undefined;
    onEvent({ kind: 'start_failed', worker: slot.number, reason: failure.message, delayMs });
  };

  const slotOf = (number: number): WorkerSlot => {
    let slot = slots.get(number);
    if (slot === undefined) {
      slot = { number, current: undefined, starting: 0, faults: 0, timer: undefined };
      slots.set(number, slot);
    }
    return slot;
  };

  const replaceAll = async (next: WorkerPlan): Promise<'restarted' | 'restart_failed' | 'stopped'> => {
    for (let number = 1; number <= next.count; number += 1) {
      const slot = slotOf(number);
      const failure = await launch(slot, next);
      if (stopping !== undefined) return 'stopped';
      if (failure !== undefined) {
        const isEmpty = slot.current === undefined && slot.timer === undefined;
        if (number > plan.count) slots.delete(number);
        const delayMs = isEmpty && number <= plan.count ? fillLater(slot) : undefined;
        onEvent({ kind: 'start_failed', worker: number, reason: failure.message, delayMs });
        return 'restart_failed';
      }
      // What one worker can start with is what those that crash are replaced with.
      plan = { ...next, count: Math.max(number, plan.count) };
    }
    for (const slot of [...slots.values()].filter(({ number }) => number > next.count)) {
      slots.delete(slot.number);
      slot.timer?.cancel();
      if (slot.current !== undefined) retire(slot.current);
      slot.current = undefined;
    }
    plan = next;
    return 'restarted';
  };

  let asked: WorkerPlan | undefined;
  let restarting: Promise<void> | undefined;
  const restartAsAsked = async (): Promise<void> => {
    while (asked !== undefined && stopping === undefined) {
      const next = asked;
      asked = undefined;
      onEvent({ kind: 'restarting' });
      const outcome = await replaceAll(next);
      clusters.closeUnused();
      if (outcome !== 'stopped') onEvent({ kind: outcome });
    }
    restarting = undefined;
  };

  return {
    async start(first) {
      plan = first;
      clusters.add(first.cluster);
      const failure = await launch(slotOf(1), plan);
      if (failure !== undefined || stopping !== undefined) return failure;
      for (let number = 2; number <= plan.count; number += 1) void fill(slotOf(number));
      return undefined;
    },
    restart(next) {
      asked = next;
      clusters.add(next.cluster);
      return (restarting ??= restartAsAsked());
    },
    reopenLogs() {
      for (const { process } of live) process.send({ kind: 'reopen' });
    },
    stop() {
      stopping ??= new Promise((resolve) => {
        for (const { timer } of slots.values()) timer?.cancel();
        whenGone = resolve;
        if (live.size === 0) resolve();
        for (const member of live) {
          cutAfter(plan.endWithinMs, member);
          member.process.send({ kind: 'drain' });
        }
      });
      // Nobody is left to tell of them.
      if (live.size === 0) clusters.closeUnused();
      return stopping;
    },
  };
}
