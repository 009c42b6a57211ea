import type { RequestFacts } from '../routing/facts.ts';
import type { Table, TableEntry } from '../routing/table.ts';
import { createTable } from '../routing/table.ts';
import type { Services } from '../upstream/create-upstream.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Authenticators, SharedAuthenticator } from './authenticators.ts';
import type { Runtime } from './holder.ts';
import type { EntryPointFacts, Prepared, PreparedRouter } from './prepare.ts';
import { entryPointsOf } from './prepare.ts';
import type { Check, Guard, Route } from './snapshot.ts';

export interface BuildDeps {
  readonly services: Services;
  readonly authenticators: Authenticators;
  readonly entryPoints: ReadonlyMap<string, EntryPointFacts>;
}

/** Opens what a prepared configuration needs and makes it ready to serve: one routing table for each entry point. */
export function buildRuntime(
  prepared: Prepared,
  { services, authenticators, entryPoints }: BuildDeps,
): Runtime {
  const upstreams = services.open(prepared.services);
  const shared: SharedAuthenticator[] = [];
  const guards = new Map<string, Guard>();
  for (const [name, { options }] of prepared.guards) {
    if (options === undefined) continue;
    const authenticator = authenticators.acquire(options);
    shared.push(authenticator);
    guards.set(name, Object.freeze({ name, decide: authenticator.decide }));
  }
  const entries = new Map<string, TableEntry<Route>[]>();
  for (const router of prepared.routers) {
    const entry = toEntry(router, guards, upstreams.get(router.config.service));
    for (const name of entryPointsOf(router.config, entryPoints)) {
      const table = entries.get(name);
      if (table === undefined) entries.set(name, [entry]);
      else table.push(entry);
    }
  }
  const tables = new Map<string, Table<Route>>();
  for (const [name, list] of entries) tables.set(name, createTable(list));
  const checks = createChecks(prepared, guards);
  return {
    snapshot: Object.freeze({
      match: (facts: RequestFacts) => tables.get(facts.entryPoint)?.match(facts),
      check: (name: string) => checks.get(name),
    }),
    async close() {
      await Promise.all([upstreams.close(), ...shared.map((authenticator) => authenticator.release())]);
    },
  };
}

/** Under their qualified names; those of the file provider under their short ones too. */
function createChecks(prepared: Prepared, guards: ReadonlyMap<string, Guard>): ReadonlyMap<string, Check> {
  const checks = new Map<string, Check>();
  for (const [name, { guards: names, broken }] of prepared.checks) {
    const found = names.flatMap((guard) => guards.get(guard) ?? []);
    const incomplete = found.length === 0 || found.length < names.length;
    const check: Check = Object.freeze({
      routerName: name,
      serviceName: undefined,
      guards: Object.freeze(found),
      // As for a route: what is missing a guard does not open.
      broken: broken ?? (incomplete ? 'a part of it is missing' : undefined),
    });
    checks.set(name, check);
    if (name.endsWith('@file')) checks.set(name.slice(0, -'@file'.length), check);
  }
  return checks;
}

const unavailable: Upstream = Object.freeze({ pick: () => undefined });

function toEntry(
  { config, rule, guards: names, broken }: PreparedRouter,
  guards: ReadonlyMap<string, Guard>,
  upstream: Upstream | undefined,
): TableEntry<Route> {
  const found = names.flatMap((name) => guards.get(name) ?? []);
  const incomplete = found.length < names.length || upstream === undefined;
  return {
    name: config.name,
    rule,
    priority: config.priority,
    route: Object.freeze({
      routerName: config.name,
      serviceName: config.service,
      guards: Object.freeze(found),
      upstream: upstream ?? unavailable,
      // Prepared routers say so themselves; a route that is missing a guard must not open for any other reason either.
      broken: broken ?? (incomplete ? 'a part of it is missing' : undefined),
    }),
  };
}
