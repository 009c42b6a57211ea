import type { ClientCredentialsOptions } from '@grantgate/middleware/options/options';
import type { MatchContext } from '../routing/match-context.ts';
import type { Table } from '../routing/table.ts';
import type { Services } from '../upstream/create-upstream.ts';
import type { Succession } from '../upstream/succession.ts';
import { createSuccession } from '../upstream/succession.ts';
import type { Authenticators, CountedAuthenticator } from './authenticators.ts';
import type { EntryPointFacts } from './entry-points.ts';
import type { Runtime } from './holder.ts';
import type { PreparedGuard } from './prepare-guard.ts';
import type { Prepared } from './prepared.ts';
import { createRoutes } from './routes.ts';
import type { Check, Guard, Route } from './snapshot.ts';
import { createTables } from './tables.ts';

export interface BuildDeps {
  readonly services: Services;
  readonly authenticators: Authenticators;
  readonly entryPoints: ReadonlyMap<string, EntryPointFacts>;
  /** Told of the middlewares that are about to take effect, by qualified name. */
  readonly onGuards?: ((guards: ReadonlyMap<string, Guard>) => void) | undefined;
}

/** Opens what a prepared configuration needs and makes it ready to serve: one routing table for each entry point. */
export type Build = (prepared: Prepared) => Runtime;

/** What stays from one configuration to the next is not made again; what an old one has stays as it is. */
export function createBuild({ services, authenticators, entryPoints, onGuards }: BuildDeps): Build {
  const running: Running = createSuccession();
  const toGuards = createToGuards();
  const toRoutes = createRoutes();
  const toTables = createTables(entryPoints);
  return (prepared) => {
    const options = Array.from(prepared.guards.values(), (guard) => guard.options ?? []).flat();
    const opened = running.open(options, (one) => authenticators.acquire(one));
    const guards = toGuards(prepared.guards, (one) => opened.get(one));
    onGuards?.(guards);
    const upstreams = services.open(prepared.services);
    const tables = toTables(toRoutes(prepared.routers, { guards, upstreams }));
    return { ...serve({ tables, prepared, guards }), close: createClose([upstreams.close, opened.close]) };
  };
}

type Running = Succession<ClientCredentialsOptions, CountedAuthenticator>;

/** Apart from the routes: what is closed when the last request has ended does not hold on to them until then. */
function createClose(closes: readonly (() => Promise<void>)[]): () => Promise<void> {
  return async () => {
    await Promise.all(closes.map((close) => close()));
  };
}

/** A guard stays the same object as long as its middleware does. */
function createToGuards() {
  const known = new WeakMap<PreparedGuard, Guard>();
  return (
    prepared: Prepared['guards'],
    find: (options: ClientCredentialsOptions) => CountedAuthenticator | undefined,
  ): ReadonlyMap<string, Guard> => {
    const guards = new Map<string, Guard>();
    for (const [name, one] of prepared) {
      const found = one.options && find(one.options);
      if (found === undefined) continue;
      const { decide, renew, tally, purge } = found;
      let guard = known.get(one);
      if (guard?.decide !== decide)
        known.set(one, (guard = Object.freeze({ name, decide, renew, tally, purge })));
      guards.set(name, guard);
    }
    return guards;
  };
}

interface Served {
  readonly tables: ReadonlyMap<string, Table<Route>>;
  readonly prepared: Prepared;
  readonly guards: ReadonlyMap<string, Guard>;
}

function serve(first: Served): Pick<Runtime, 'snapshot' | 'retire'> {
  let served: Served | undefined = first;
  const checks = new Map<string, Check>();
  return {
    snapshot: Object.freeze({
      match: (context: MatchContext) => served?.tables.get(context.facts.entryPoint)?.match(context),
      check(name: string) {
        const known = checks.get(name);
        if (known !== undefined || served === undefined) return known;
        const check = findCheck(name, served);
        if (check !== undefined) checks.set(name, check);
        return check;
      },
    }),
    retire() {
      served = undefined;
      checks.clear();
    },
  };
}

/** By its qualified name; one of the file provider by its short one too. */
function findCheck(name: string, { prepared, guards }: Served): Check | undefined {
  const qualified = prepared.checks.has(name) ? name : `${name}@file`;
  const check = prepared.checks.get(qualified);
  if (check === undefined) return undefined;
  const found = check.guards.flatMap((guard) => guards.get(guard) ?? []);
  const incomplete = found.length === 0 || found.length < check.guards.length;
  return Object.freeze({
    routerName: qualified,
    serviceName: undefined,
    guards: Object.freeze(found),
    // As for a route: what is missing a guard does not open.
    broken: check.broken ?? (incomplete ? 'a part of it is missing' : undefined),
  });
}
