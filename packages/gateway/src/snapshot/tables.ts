import { findChanges } from '../reload/list-changes.ts';
import type { Table, TableEntry } from '../routing/table.ts';
import { createTable } from '../routing/table.ts';
import type { EntryPoints } from './entry-points.ts';
import { entryPointsOf } from './entry-points.ts';
import type { RouteEntry } from './routes.ts';
import type { Route } from './snapshot.ts';

/** Tables by name of the entry point: one for plain connections, one for TLS connections. */
export interface Tables {
  readonly http: ReadonlyMap<string, Table<Route>>;
  readonly https: ReadonlyMap<string, Table<Route>>;
}

/** Builds the routing tables of successive configurations, each from the previous one and the difference. */
export function createTables(entryPoints: EntryPoints): (routes: readonly RouteEntry[]) => Tables {
  let routes: readonly RouteEntry[] = [];
  let tables: Tables = { http: new Map(), https: new Map() };
  return (list) => {
    const { removed, added } = findChanges(routes, list);
    const changes = { http: new Map<string, EntryPointChange>(), https: new Map<string, EntryPointChange>() };
    const note = (kind: keyof EntryPointChange, { router, entry }: RouteEntry): void => {
      for (const name of entryPointsOf(router.config, entryPoints)) {
        const side = changes[router.config.tls || entryPoints.get(name)?.tls === true ? 'https' : 'http'];
        let change = side.get(name);
        if (change === undefined) side.set(name, (change = { removed: [], added: [] }));
        change[kind].push(entry);
      }
    };
    for (const route of removed) note('removed', route);
    for (const route of added) note('added', route);
    tables = {
      http: changeTables(tables.http, changes.http),
      https: changeTables(tables.https, changes.https),
    };
    routes = list;
    return tables;
  };
}

interface EntryPointChange {
  readonly removed: TableEntry<Route>[];
  readonly added: TableEntry<Route>[];
}

function changeTables(
  tables: Tables['http'],
  changes: ReadonlyMap<string, EntryPointChange>,
): Tables['http'] {
  if (changes.size === 0) return tables;
  const next = new Map(tables);
  for (const [name, change] of changes) next.set(name, (next.get(name) ?? createTable([])).change(change));
  return next;
}
