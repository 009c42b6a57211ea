/** A queue in which sources take turns: if one source adds a thousand items, they delay an item of another source by one. */
export interface FairQueue<T> {
  /**
   * Adds an item. When the queue is full, the last item of the source with the most items is dropped.
   *
   * @returns the dropped item, which may be the new one; undefined for none.
   */
  add(source: string, item: T): T | undefined;
  /** Removes and returns the next item of the source whose turn it is; undefined when the queue is empty. */
  take(): T | undefined;
  /** Removes and returns all items. */
  clear(): readonly T[];
}

/** @param maxItems 1 and up. */
export function createFairQueue<T>(maxItems: number): FairQueue<T> {
  /** Items by source, in the order of turns; no source is empty. */
  const lists = new Map<string, T[]>();
  let count = 0;
  const longest = (): readonly [string, T[]] => {
    let found: readonly [string, T[]] = ['', []];
    // If several sources have equally many items, the last one.
    for (const one of lists) if (one[1].length >= found[1].length) found = one;
    return found;
  };
  return {
    add(source, item) {
      const list = lists.get(source);
      if (list === undefined) lists.set(source, [item]);
      else list.push(item);
      count += 1;
      if (count <= maxItems) return undefined;
      const [name, items] = longest();
      const dropped = items.pop();
      if (items.length === 0) lists.delete(name);
      count -= 1;
      return dropped;
    },
    take() {
      const [next] = lists;
      if (next === undefined) return undefined;
      const [source, items] = next;
      const item = items.shift();
      lists.delete(source);
      if (items.length > 0) lists.set(source, items);
      count -= 1;
      return item;
    },
    clear() {
      const all = [...lists.values()].flat();
      lists.clear();
      count = 0;
      return all;
    },
  };
}
