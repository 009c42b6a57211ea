import { findChanges } from '../reload/list-changes.ts';
import type { Table, TableEntry } from '../routing/table.ts';
import { createTable } from '../routing/table.ts';
import type { EntryPointFacts } from './entry-points.ts';
import { entryPointsOf } from './entry-points.ts';
import type { RouteEntry } from './routes.ts';
import type { Route } from './snapshot.ts';

/** By name of the entry point. */
export type Tables = ReadonlyMap<string, Table<Route>>;

/** Builds the routing tables of successive configurations, each from the previous one and the difference. */
export function createTables(
  entryPoints: ReadonlyMap<string, EntryPointFacts>,
): (routes: readonly RouteEntry[]) => Tables {
  let routes: readonly RouteEntry[] = [];
  let tables: Tables = new Map();
  return (list) => {
    const { removed, added } = findChanges(routes, list);
    const changes = new Map<string, EntryPointChange>();
    const note = (kind: keyof EntryPointChange, { router, entry }: RouteEntry): void => {
      for (const name of entryPointsOf(router.config, entryPoints)) {
        let change = changes.get(name);
        if (change === undefined) changes.set(name, (change = { removed: [], added: [] }));
        change[kind].push(entry);
      }
    };
    for (const route of removed) note('removed', route);
    for (const route of added) note('added', route);
    if (changes.size > 0) tables = changeTables(tables, changes);
    routes = list;
    return tables;
  };
}

interface EntryPointChange {
  readonly removed: TableEntry<Route>[];
  readonly added: TableEntry<Route>[];
}

function changeTables(tables: Tables, changes: ReadonlyMap<string, EntryPointChange>): Tables {
  const next = new Map(tables);
  for (const [name, change] of changes) next.set(name, (next.get(name) ?? createTable([])).change(change));
  return next;
}
