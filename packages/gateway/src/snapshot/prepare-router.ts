import type { MiddlewareConfig, RouterConfig, ServiceConfig } from '../config/dynamic.ts';
import { findChanges } from '../reload/list-changes.ts';
import type { Problem } from '../config/place.ts';
import type { FoundSteps, Surroundings } from './find-steps.ts';
import { areSameSteps, findSteps, firstError } from './find-steps.ts';
import type { PreparedSteps, PreparedRouter } from './prepared.ts';
import type { ReadRouter } from './read-router.ts';

/** A router with all that it leads to looked up. */
export interface ReadyRouter {
  /** Undefined for one whose rule cannot be read: it matches nothing, for nobody knows which requests it means. */
  readonly router: PreparedRouter | undefined;
  readonly problems: readonly Problem[];
}

interface Done extends ReadyRouter {
  readonly found: FoundSteps;
  readonly service: ServiceConfig | undefined;
}

/** A router is prepared once, and again when something that it leads to is another. */
export function createPrepareRouters(
  read: (config: RouterConfig) => ReadRouter,
): (configs: readonly RouterConfig[], surroundings: Surroundings) => readonly ReadyRouter[] {
  const known = new WeakMap<RouterConfig, Done>();
  const findChanged = createFindChanged();
  let before: { readonly configs: readonly RouterConfig[]; readonly done: readonly Done[] } = {
    configs: [],
    done: [],
  };
  const prepare = (config: RouterConfig, surroundings: Surroundings): Done => {
    const service = surroundings.services.get(config.service);
    const last = known.get(config);
    const isSame = last !== undefined && areSameSteps(last.found, surroundings);
    if (isSame && last.service === service) return last;
    const found = isSame ? last.found : findSteps(config.middlewares, surroundings);
    const ready = prepareRouter(config, read(config), found, service);
    // A service with other servers, or a middleware with another secret, leaves the router as it is.
    const router = isSameRouter(last?.router, ready.router) ? last?.router : ready.router;
    const now = { problems: ready.problems, router, found, service };
    known.set(config, now);
    return now;
  };
  return (configs, surroundings) => {
    const changed = findChanged(surroundings);
    const { placeBefore } = findChanges(before.configs, configs);
    const done = configs.map((config, index) => {
      const last = before.done[placeBefore(index)];
      return last === undefined || isTouched(config, last, changed) ? prepare(config, surroundings) : last;
    });
    before = { configs, done };
    return done;
  };
}

/** Of one configured router. */
function isSameRouter(a: PreparedRouter | undefined, b: PreparedRouter | undefined): boolean {
  return a !== undefined && b !== undefined && a.broken === b.broken && isSameList(a.steps, b.steps);
}

const isSameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, index) => name === b[index]);

function isTouched({ service }: RouterConfig, { found }: Done, changed: ReadonlySet<string>): boolean {
  if (changed.size === 0) return false;
  if (changed.has(service)) return true;
  for (const { name } of found.seen) if (changed.has(name)) return true;
  return false;
}

/** Names of what is another than the time before. */
function createFindChanged(): (surroundings: Surroundings) => ReadonlySet<string> {
  const changes = [createNameChanges(), createNameChanges(), createNameChanges()];
  return ({ middlewares, services, steps }) => {
    const names = [middlewares, services, steps].flatMap((map, index) => changes[index]?.(map) ?? []);
    return new Set(names);
  };
}

type Named = ReadonlyMap<string, { readonly name: string }>;

function createNameChanges(): (map: Named) => readonly string[] {
  let before: { readonly map: Named; readonly list: readonly { readonly name: string }[] } | undefined;
  return (map) => {
    if (map === before?.map) return [];
    const list = [...map.values()];
    const { removed, added } = findChanges(before?.list ?? [], list);
    before = { map, list };
    return [...removed, ...added].map(({ name }) => name);
  };
}

function prepareRouter(
  config: RouterConfig,
  { rule, problems }: ReadRouter,
  found: FoundSteps,
  service: ServiceConfig | undefined,
): ReadyRouter {
  if (rule === undefined) return { router: undefined, problems };
  const broken =
    firstError([...config.errors, ...problems]) ?? found.broken ?? findBrokenService(config.service, service);
  return { router: Object.freeze({ config, rule, steps: found.names, broken }), problems };
}

/** The same for every middleware without a route; the map is the same while middlewares and steps are. */
export function createPrepareNamed(): (surroundings: Surroundings) => ReadonlyMap<string, PreparedSteps> {
  const done = new WeakMap<MiddlewareConfig, { readonly steps: PreparedSteps; readonly found: FoundSteps }>();
  const prepareOne = (config: MiddlewareConfig, surroundings: Surroundings): PreparedSteps => {
    const last = done.get(config);
    if (last !== undefined && areSameSteps(last.found, surroundings)) return last.steps;
    const found = findSteps([config.name], surroundings);
    const steps = Object.freeze({ steps: found.names, broken: found.broken });
    done.set(config, { steps, found });
    return steps;
  };
  let before: (Pick<Surroundings, 'middlewares' | 'steps'> & { readonly named: NamedOnes }) | undefined;
  return (surroundings) => {
    const { middlewares, steps } = surroundings;
    if (before?.middlewares === middlewares && before.steps === steps) return before.named;
    const named = new Map(
      Array.from(middlewares, ([name, config]) => [name, prepareOne(config, surroundings)]),
    );
    before = { middlewares, steps, named };
    return named;
  };
}

type NamedOnes = ReadonlyMap<string, PreparedSteps>;

function findBrokenService(name: string, service: ServiceConfig | undefined): string | undefined {
  if (service === undefined) return `there is no service ${name}`;
  const fault = firstError(service.errors);
  return fault === undefined ? undefined : `the service ${name} cannot be used: ${fault}`;
}
