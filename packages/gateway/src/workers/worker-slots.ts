import { backoffDelayMs } from '@grantgate/middleware/base/backoff';
import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import type { ListenAddresses } from '../config/address.ts';
import type { WorkerEvent } from './event.ts';
import type { StartFailure, WorkerCrashes } from './messages.ts';
import type { WorkerMember, WorkerMembers, WorkerPlan } from './worker-members.ts';

/** Delays before a worker is restarted, in milliseconds; they start over once a worker has served for `steadyMs`. */
const backoff = { baseMs: 200, maxMs: 30_000 };
const steadyMs = 30_000;

/** Slot of one worker among the others. */
export interface WorkerSlot {
  readonly number: number;
  current: WorkerMember | undefined;
  /** Processes that are not ready yet. */
  starting: number;
  /** Crashes and failed starts in a row. */
  faults: number;
  crashes: WorkerCrashes | undefined;
  timer: Timer | undefined;
}

export interface WorkerSlotsDeps {
  readonly clock: Clock;
  readonly members: WorkerMembers;
  readonly random: () => number;
  readonly onEvent: (event: WorkerEvent) => void;
  readonly onListening: (addresses: ListenAddresses) => void;
  /** Plan for replacements. */
  readonly plan: () => WorkerPlan;
  /** True when workers are no longer replaced. */
  readonly isStopping: () => boolean;
}

/** Keeps one worker running in each slot. */
export interface WorkerSlots {
  readonly all: ReadonlyMap<number, WorkerSlot>;
  /** The slot with a number; created when missing. */
  of(number: number): WorkerSlot;
  /** Starts a process, which becomes the worker of the slot when it is ready. Resolves with the reason when it fails. */
  launch(slot: WorkerSlot, plan: WorkerPlan): Promise<StartFailure | undefined>;
  /** Starts a process with the current plan, and further ones while they fail. */
  fill(slot: WorkerSlot): Promise<void>;
  /** Schedules a start for an empty slot. @returns milliseconds until the start; undefined when the slot needs none. */
  fillIfEmpty(slot: WorkerSlot): number | undefined;
  /** Retires its worker and removes the slot. */
  remove(slot: WorkerSlot): void;
}

export function createWorkerSlots(deps: WorkerSlotsDeps): WorkerSlots {
  const { clock, members, random, onEvent, plan, isStopping } = deps;
  const slots = new Map<number, WorkerSlot>();

  // Twice the time limit: for the last requests of connections, and for the requests in flight after that.
  const retire = (member: WorkerMember): void => members.end(member, 'retire', 2 * plan().endWithinMs);

  /** Puts a ready worker into its slot. The previous worker retires, unless a later one was faster: then this one retires. */
  const install = (slot: WorkerSlot, member: WorkerMember): void => {
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

  const lose = (slot: WorkerSlot, member: WorkerMember, how: string): void => {
    slot.current = undefined;
    if (isStopping()) return;
    noteCrash(slot, member, { clock, how });
    onEvent({ kind: 'crashed', worker: slot.number, how, delayMs: fillLater(slot) });
  };

  const launch: WorkerSlots['launch'] = (slot, its) => {
    slot.starting += 1;
    return members.launch(slot, its, {
      onReady(member, addresses) {
        slot.starting -= 1;
        deps.onListening(addresses);
        install(slot, member);
      },
      onExit(member, how) {
        if (member.readySinceMs === undefined) slot.starting -= 1;
        else if (slot.current === member) lose(slot, member, how);
      },
    });
  };

  const fill = async (slot: WorkerSlot): Promise<void> => {
    const failure = await launch(slot, plan());
    if (failure === undefined || isStopping()) return;
    const isWanted = slots.get(slot.number) === slot && slot.current === undefined;
    const delayMs = isWanted ? fillLater(slot) : undefined;
    onEvent({ kind: 'start_failed', worker: slot.number, reason: failure.message, delayMs });
  };

  const fillLater = (slot: WorkerSlot): number => {
    const delayMs = nextDelayMs(slot, random);
    slot.timer?.cancel();
    slot.timer = clock.after(delayMs, () => {
      slot.timer = undefined;
      // Either a worker that a restart has just started fills the slot, or this function is called again.
      if (slot.starting === 0) void fill(slot);
    });
    return delayMs;
  };

  return {
    all: slots,
    launch,
    fill,
    of(number) {
      const slot = slots.get(number) ?? createSlot(number);
      slots.set(number, slot);
      return slot;
    },
    fillIfEmpty: (slot) =>
      slot.current === undefined && slot.timer === undefined ? fillLater(slot) : undefined,
    remove(slot) {
      slots.delete(slot.number);
      slot.timer?.cancel();
      if (slot.current !== undefined) retire(slot.current);
      slot.current = undefined;
    },
  };
}

const createSlot = (number: number): WorkerSlot => ({
  number,
  current: undefined,
  starting: 0,
  faults: 0,
  crashes: undefined,
  timer: undefined,
});

function noteCrash(
  slot: WorkerSlot,
  { readySinceMs = 0 }: WorkerMember,
  { clock, how }: { readonly clock: Clock; readonly how: string },
): void {
  slot.crashes = { count: (slot.crashes?.count ?? 0) + 1, lastAt: clock.now(), lastHow: how };
  if (clock.monotonic() - readySinceMs >= steadyMs) slot.faults = 0;
}

/** Delay before a slot is filled; grows with each call. */
function nextDelayMs(slot: WorkerSlot, random: () => number): number {
  const delayMs = Math.ceil(backoffDelayMs(slot.faults, { ...backoff, random }));
  slot.faults += 1;
  return delayMs;
}
