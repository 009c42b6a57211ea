import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import type { SlotDemand, SlotGrant } from '@grantgate/middleware/cache/slots';

/** Counts the requests in flight of each source. */
export interface RequestSlots {
  /** Whether a request may begin; if so, it has a slot until `leave`. */
  enter(source: string): MaybePromise<boolean>;
  leave(source: string): void;
  /** Returns the remaining slots, after the last request. */
  close(): Promise<void>;
}

/** Counts in this process alone. */
export function createLocalSlots(amount: number): RequestSlots {
  const used = new Map<string, number>();
  return {
    enter(source) {
      const count = used.get(source) ?? 0;
      if (count >= amount) return false;
      used.set(source, count + 1);
      return true;
    },
    leave(source) {
      const count = used.get(source) ?? 0;
      if (count > 1) used.set(source, count - 1);
      else used.delete(source);
    },
    close: async () => {},
  };
}

/** Milliseconds after which the slots of a crashed process are free. */
const ttlMs = 6_000;
/** Milliseconds between two reports of a running process. */
const renewMs = 2_000;
/** Maximum number of slots that a process reserves for later requests. */
const maxSpare = 32;

/** This process's share of the slots of one source. */
interface SourceSlots {
  /** Requests in flight. */
  used: number;
  /** Slots that the shared counter has granted to this process: `used`, and reserved slots. */
  counted: number;
  /** `Clock.monotonic()` of the last message about it. */
  askedMs: number;
  /** Whether requests have begun since then. */
  isBusy: boolean;
  /** Whether many slots were free at that time. */
  isRoomy: boolean;
  /** A message is in flight; only one at a time, so that each is accurate. */
  isAsking: boolean;
  waiting: ((granted: boolean) => void)[];
}

/**
 * Counts with other processes. Each process reports how many slots it uses, and learns how many more it may use. A lost message is
 * corrected by the next one, and a process that is silent for six seconds uses none. While half of the slots are free, each reserves up
 * to a sixteenth of them, so that it need not send a message per request.
 *
 * @param ask returns undefined when the counter is unavailable; then this process counts alone.
 */
export function createSharedSlots(
  amount: number,
  clock: Clock,
  ask: (source: string, demand: SlotDemand) => Promise<SlotGrant | undefined>,
): RequestSlots {
  const sources = new Map<string, SourceSlots>();
  const spareSlots = Math.min(maxSpare, Math.floor(amount / 32));
  /** Number of slots to reserve. Up to twice as many are kept, so that not every ended request returns one. */
  const limitOf = ({ isRoomy }: SourceSlots): number => (isRoomy ? 2 * spareSlots : 0);
  let renewal: Timer | undefined;

  const synchronize = async (source: string, slots: SourceSlots): Promise<void> => {
    if (slots.isAsking) return;
    slots.isAsking = true;
    do {
      const waiting = slots.waiting.splice(0);
      const { used } = slots;
      const spare = slots.isBusy || waiting.length > 0 ? spareSlots : 0;
      slots.isBusy = false;
      slots.askedMs = clock.monotonic();
      const grant = await ask(source, { amount, used, more: waiting.length, spare, ttlMs });
      const granted = grant?.granted ?? Math.max(0, Math.min(waiting.length, amount - slots.used));
      slots.counted = grant === undefined ? 0 : used + granted + grant.spare;
      slots.isRoomy = grant !== undefined && grant.spare > 0;
      slots.used += granted;
      for (const [index, settle] of waiting.entries()) settle(index < granted);
    } while (slots.waiting.length > 0 || slots.counted - slots.used > limitOf(slots));
    slots.isAsking = false;
    if (slots.used === 0 && slots.counted === 0) sources.delete(source);
  };

  const renew = (): void => {
    renewal = sources.size === 0 ? undefined : clock.after(renewMs, renew);
    const now = clock.monotonic();
    for (const [source, slots] of sources)
      if (now - slots.askedMs >= renewMs / 2) void synchronize(source, slots);
  };

  return {
    enter(source) {
      let slots = sources.get(source);
      if (slots === undefined) {
        slots = {
          ...{ used: 0, counted: 0, askedMs: 0, waiting: [] },
          ...{ isBusy: true, isRoomy: false, isAsking: false },
        };
        sources.set(source, slots);
        renewal ??= clock.after(renewMs, renew);
      }
      const { counted, used, isAsking, waiting, askedMs } = slots;
      if (!isAsking && counted > used && clock.monotonic() - askedMs < ttlMs / 2) {
        slots.used += 1;
        slots.isBusy = true;
        return true;
      }
      if (used >= amount) return false;
      const granted = new Promise<boolean>((resolve) => waiting.push(resolve));
      void synchronize(source, slots);
      return granted;
    },
    leave(source) {
      const slots = sources.get(source);
      if (slots === undefined) return;
      slots.used -= 1;
      if (slots.counted - slots.used > limitOf(slots)) void synchronize(source, slots);
      else if (slots.used === 0 && slots.counted <= 0 && !slots.isAsking) sources.delete(source);
    },
    async close() {
      renewal?.cancel();
      renewal = undefined;
      const kept = [...sources].filter(([, { counted }]) => counted > 0);
      sources.clear();
      await Promise.all(kept.map(([source]) => ask(source, { amount, used: 0, more: 0, spare: 0, ttlMs })));
    },
  };
}
