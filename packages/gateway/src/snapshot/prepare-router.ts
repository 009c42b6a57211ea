import type { MiddlewareConfig, RouterConfig, ServiceConfig } from '../config/dynamic.ts';
import { findChanges } from '../config/list-changes.ts';
import type { Problem } from '../config/place.ts';
import type { Guarding, Surroundings } from './guarding.ts';
import { findGuarding, firstError, isSameGuarding } from './guarding.ts';
import type { PreparedCheck, PreparedRouter } from './prepared.ts';
import type { ReadRouter } from './read-router.ts';

/** A router with all that it leads to looked up. */
export interface ReadyRouter {
  /** Undefined for one whose rule cannot be read: it matches nothing, for nobody knows which requests it means. */
  readonly router: PreparedRouter | undefined;
  readonly problems: readonly Problem[];
}

interface Done extends ReadyRouter {
  readonly guarding: Guarding;
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
    if (last !== undefined && last.service === service && isSameGuarding(last.guarding, surroundings))
      return last;
    const guarding = findGuarding(config.middlewares, surroundings);
    const now = { ...prepareRouter(config, read(config), guarding, service), guarding, service };
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

const isTouched = ({ service }: RouterConfig, { guarding }: Done, changed: ReadonlySet<string>): boolean =>
  changed.size > 0 && (changed.has(service) || guarding.seen.some(({ name }) => changed.has(name)));

/** Names of what is another than the time before. */
function createFindChanged(): (surroundings: Surroundings) => ReadonlySet<string> {
  let before: readonly (readonly { readonly name: string }[])[] = [];
  return ({ middlewares, services, guards }) => {
    const now = [[...middlewares.values()], [...services.values()], [...guards.values()]];
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
  guarding: Guarding,
  service: ServiceConfig | undefined,
): ReadyRouter {
  if (rule === undefined) return { router: undefined, problems };
  const { guards } = guarding;
  const broken =
    firstError([...config.errors, ...problems]) ??
    guarding.broken ??
    findBrokenService(config.service, service);
  return { router: Object.freeze({ config, rule, guards, broken }), problems };
}

/** The same for a middleware without a route. */
export function createPrepareCheck(): (
  config: MiddlewareConfig,
  surroundings: Surroundings,
) => PreparedCheck {
  const done = new WeakMap<
    MiddlewareConfig,
    { readonly check: PreparedCheck; readonly guarding: Guarding }
  >();
  return (config, surroundings) => {
    const before = done.get(config);
    if (before !== undefined && isSameGuarding(before.guarding, surroundings)) return before.check;
    const guarding = findGuarding([config.name], surroundings);
    const check = Object.freeze({ guards: guarding.guards, broken: guarding.broken });
    done.set(config, { check, guarding });
    return check;
  };
}

function findBrokenService(name: string, service: ServiceConfig | undefined): string | undefined {
  if (service === undefined) return `there is no service ${name}`;
  const fault = firstError(service.errors);
  return fault === undefined ? undefined : `the service ${name} cannot be used: ${fault}`;
}
