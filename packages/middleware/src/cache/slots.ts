import type { Clock } from '../base/clock.ts';
import { createLru } from '../base/lru.ts';

/** The slots of a key that a holder has and requests. A holder is a process, or a part of one. */
export interface SlotDemand {
  /** Maximum number of slots of all holders together; 1 and up. */
  readonly amount: number;
  /** Slots in use by this holder; they count even beyond `amount`, because their work has begun. */
  readonly used: number;
  /** Slots for waiting work; 0 and up. */
  readonly more: number;
  /** Maximum number of slots to reserve for later work; 0 and up. They are granted only while half of `amount` stays free. */
  readonly spare: number;
  /** Milliseconds after which the slots of a silent holder are free. */
  readonly ttlMs: number;
}

export interface SlotGrant {
  /** Granted slots of `more`. */
  readonly granted: number;
  /** Granted slots of `spare`. */
  readonly spare: number;
}

/** Slots of many keys, in this process. */
export interface SlotTable {
  occupy(key: string, holder: string, demand: SlotDemand): SlotGrant;
  clear(): void;
}

interface Holding {
  readonly slots: number;
  /** `Clock.monotonic()` */
  readonly endMs: number;
}

/** Maximum number of keys, evicted least recently used first. */
const maxKeys = 131_072;

export function createSlotTable(clock: Clock): SlotTable {
  const keys = createLru<string, Map<string, Holding>>(maxKeys);
  return {
    occupy(key, holder, { amount, used, more, spare, ttlMs }) {
      const now = clock.monotonic();
      let holdings = keys.get(key);
      if (holdings === undefined) keys.set(key, (holdings = new Map<string, Holding>()));
      let others = 0;
      for (const [name, { slots, endMs }] of holdings)
        if (endMs <= now) holdings.delete(name);
        else if (name !== holder) others += slots;
      const granted = Math.max(0, Math.min(more, amount - others - used));
      const free = Math.floor(amount / 2) - (others + used + granted);
      const kept = Math.max(0, Math.min(spare, free));
      const slots = used + granted + kept;
      if (slots > 0) holdings.set(holder, { slots, endMs: now + ttlMs });
      else holdings.delete(holder);
      if (holdings.size === 0) keys.delete(key);
      return { granted, spare: kept };
    },
    clear: () => keys.clear(),
  };
}
