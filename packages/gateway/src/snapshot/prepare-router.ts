import type { MiddlewareConfig, RouterConfig, ServiceConfig } from '../config/dynamic.ts';
import { findChanges } from '../reload/list-changes.ts';
import type { Problem } from '../config/place.ts';
import type { FoundSteps, Surroundings } from './find-steps.ts';
import { areSameSteps, findSteps, firstError } from './find-steps.ts';
import type { PreparedCheck, PreparedRouter } from './prepared.ts';
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
    if (last !== undefined && last.service === service && areSameSteps(last.found, surroundings)) return last;
    const found = findSteps(config.middlewares, surroundings);
    const now = { ...prepareRouter(config, read(config), found, service), found, service };
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

const isTouched = ({ service }: RouterConfig, { found }: Done, changed: ReadonlySet<string>): boolean =>
  changed.size > 0 && (changed.has(service) || found.seen.some(({ name }) => changed.has(name)));

/** Names of what is another than the time before. */
function createFindChanged(): (surroundings: Surroundings) => ReadonlySet<string> {
  let before: readonly (readonly { readonly name: string }[])[] = [];
  return ({ middlewares, services, steps }) => {
    const now = [[...middlewares.values()], [...services.values()], [...steps.values()]];
    const changed = new Set<string>();
    for (const [index, list] of now.entries()) {
      const { removed, added } = findChanges<{ readonly name: string }>(before[index] ?? [], list);
      for (const { name } of [...removed, ...added]) changed.add(name);
    }
    before = now;
    return changed;
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

/** The same for a middleware without a route. */
export function createPrepareCheck(): (
  config: MiddlewareConfig,
  surroundings: Surroundings,
) => PreparedCheck {
  const done = new WeakMap<MiddlewareConfig, { readonly check: PreparedCheck; readonly found: FoundSteps }>();
  return (config, surroundings) => {
    const before = done.get(config);
    if (before !== undefined && areSameSteps(before.found, surroundings)) return before.check;
    const found = findSteps([config.name], surroundings);
    const check = Object.freeze({ steps: found.names, broken: found.broken });
    done.set(config, { check, found });
    return check;
  };
}

function findBrokenService(name: string, service: ServiceConfig | undefined): string | undefined {
  if (service === undefined) return `there is no service ${name}`;
  const fault = firstError(service.errors);
  return fault === undefined ? undefined : `the service ${name} cannot be used: ${fault}`;
}
