import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import type { ListenAddresses } from '../config/address.ts';
import type { ClusterFeed } from './cluster-feed.ts';
import type { WorkerEvent } from './event.ts';
import type { Assignment, StartFailure, ToPrimary, ToWorker, WorkerCrashes } from './messages.ts';
import type { WorkerRequest } from './worker-requests.ts';

/** One process of a worker. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  /** No effect once the process has exited. */
  send(message: ToWorker): void;
  onMessage(listener: (message: ToPrimary) => void): void;
  /** Called once, after its last message, with a description of the exit code or the signal. */
  onExit(listener: (how: string) => void): void;
  /** Kills it. */
  kill(): void;
}

/** Plan that workers are started with; each restart brings a new one. */
export interface WorkerPlan {
  readonly count: number;
  readonly configuration: Assignment['configuration'];
  /** Closed once no worker uses the plan any more. Undefined without a cluster. */
  readonly cluster?: ClusterFeed | undefined;
  /** Milliseconds after which an exiting worker is killed. */
  readonly endWithinMs: number;
}

/** A process from its start to its exit. */
export interface WorkerMember {
  /** Number of its slot. */
  readonly number: number;
  readonly cluster: ClusterFeed | undefined;
  readonly process: WorkerProcess;
  /** Later processes have higher numbers. */
  readonly order: number;
  /** Milliseconds of the monotonic clock; undefined while the process starts. */
  readySinceMs: number | undefined;
  /** Kills it when it does not exit by itself. */
  cut: Timer | undefined;
  /** Unsubscribes it from the cluster. */
  leaveCluster: (() => void) | undefined;
}

/** Listener for one process. */
export interface MemberListener {
  onReady(member: WorkerMember, addresses: ListenAddresses): void;
  onExit(member: WorkerMember, how: string): void;
}

export interface WorkerMembersDeps {
  readonly clock: Clock;
  readonly fork: () => WorkerProcess;
  readonly secret: Uint8Array;
  readonly onEvent: (event: WorkerEvent) => void;
  /** True during shutdown; a process that has just started then drains. */
  readonly isStopping: () => boolean;
  /** Receives messages that are unrelated to the life of the worker. */
  readonly onRequest: (member: WorkerMember, message: WorkerRequest) => void;
  /** Called when a process has exited, once before and once after its listener. */
  readonly onExit: (member: WorkerMember) => void;
  readonly onGone: () => void;
}

/** The slot for which a process is started. */
export interface LaunchSlot {
  readonly number: number;
  readonly crashes: WorkerCrashes | undefined;
}

/** Running worker processes. */
export interface WorkerMembers {
  /** Processes that have not exited, including those that start or drain. */
  readonly live: ReadonlySet<WorkerMember>;
  /** Starts a process. Resolves when it is ready, or with the reason why it exited before. */
  launch(slot: LaunchSlot, plan: WorkerPlan, listener: MemberListener): Promise<StartFailure | undefined>;
  /** Tells a process how to exit, and kills it if it still runs after `withinMs`. */
  end(member: WorkerMember, kind: 'retire' | 'drain', withinMs: number): void;
}

export function createWorkerMembers(deps: WorkerMembersDeps): WorkerMembers {
  const { clock, onEvent } = deps;
  const live = new Set<WorkerMember>();
  let orders = 0;

  const create = (number: number, cluster: ClusterFeed | undefined): WorkerMember => ({
    ...{ number, cluster, process: deps.fork(), order: (orders += 1) },
    ...{ readySinceMs: undefined, cut: undefined, leaveCluster: undefined },
  });

  const welcome = (member: WorkerMember, { crashes }: LaunchSlot, plan: WorkerPlan): void => {
    const { configuration, cluster } = plan;
    const { number, process } = member;
    if (deps.isStopping()) {
      process.send({ kind: 'drain' });
      return;
    }
    const assignment = { number, configuration, secret: deps.secret, ...(crashes && { crashes }) };
    process.send({ kind: 'start', ...assignment });
    member.leaveCluster = cluster?.subscribe((news) => process.send(news));
  };

  const forget = (member: WorkerMember): void => {
    live.delete(member);
    member.cut?.cancel();
    member.leaveCluster?.();
    deps.onExit(member);
  };

  return {
    live,
    launch(slot, plan, listener) {
      const { number } = slot;
      const member = create(number, plan.cluster);
      const { process } = member;
      live.add(member);
      return new Promise((resolve) => {
        let failure: StartFailure | undefined;
        process.onMessage((message) => {
          switch (message.kind) {
            case 'hello':
              welcome(member, slot, plan);
              return;
            case 'ready':
              member.readySinceMs = clock.monotonic();
              onEvent({ kind: 'ready', worker: number, pid: process.pid });
              listener.onReady(member, message.addresses);
              resolve(undefined);
              return;
            case 'failed':
              failure = message.failure;
              return;
            case 'cluster_problems':
              plan.cluster?.report(message.problems);
              return;
            default:
              deps.onRequest(member, message);
          }
        });
        process.onExit((how) => {
          forget(member);
          listener.onExit(member, how);
          // No effect for a process that was already ready.
          resolve(failure ?? { code: 'worker_failed', message: `a worker exited during its start (${how})` });
          deps.onGone();
        });
      });
    },
    end(member, kind, withinMs) {
      member.cut?.cancel();
      member.cut = clock.after(withinMs, () => {
        onEvent({ kind: 'killed', worker: member.number });
        member.process.kill();
      });
      member.process.send({ kind });
    },
  };
}
