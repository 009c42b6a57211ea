import type { MiddlewareConfig, ServiceConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/place.ts';
import type { PreparedGuard } from './prepare-guard.ts';

/** What the entries of one configuration lead to, by qualified name. */
export interface Surroundings {
  readonly middlewares: ReadonlyMap<string, MiddlewareConfig>;
  readonly services: ReadonlyMap<string, ServiceConfig>;
  readonly guards: ReadonlyMap<string, PreparedGuard>;
}

/** What middlewares come to, by their names. */
export interface Guarding {
  /** Names of those that guard, outermost first; chains are flattened. */
  readonly guards: readonly string[];
  /** Why one of them refuses every request, for the log. */
  readonly broken: string | undefined;
  /** Everything that this depends on. */
  readonly seen: readonly Seen[];
}

interface Seen {
  readonly name: string;
  readonly middleware: MiddlewareConfig | undefined;
  readonly guard: PreparedGuard | undefined;
}

export function findGuarding(names: readonly string[], surroundings: Surroundings): Guarding {
  const { middlewares, guards } = surroundings;
  const { flat, visited } = flatten(names, middlewares);
  return {
    guards: flat.filter((name) => guards.has(name)),
    broken: findBrokenMiddleware(flat, surroundings),
    seen: visited.map((name) => ({ name, middleware: middlewares.get(name), guard: guards.get(name) })),
  };
}

/** Whether it would come to the same now. */
export function isSameGuarding({ seen }: Guarding, { middlewares, guards }: Surroundings): boolean {
  for (const { name, middleware, guard } of seen)
    if (middlewares.get(name) !== middleware || guards.get(name) !== guard) return false;
  return true;
}

/**
 * Names of the middlewares that are no chains, in the order in which they are passed, and of all that were looked at. Circles have
 * been reported and end here.
 */
function flatten(
  names: readonly string[],
  middlewares: ReadonlyMap<string, MiddlewareConfig>,
): { readonly flat: readonly string[]; readonly visited: readonly string[] } {
  const flat: string[] = [];
  const visited = new Set<string>();
  const open = new Set<string>();
  const visit = (name: string): void => {
    visited.add(name);
    const middleware = middlewares.get(name);
    if (middleware?.kind !== 'chain' || middleware.errors.length > 0) {
      flat.push(name);
      return;
    }
    if (open.has(name)) return;
    open.add(name);
    middleware.middlewares.forEach(visit);
    open.delete(name);
  };
  names.forEach(visit);
  return { flat, visited: [...visited] };
}

export const firstError = (problems: readonly Problem[]): string | undefined =>
  problems.find(({ severity }) => severity === 'error')?.message;

function findBrokenMiddleware(
  names: readonly string[],
  { middlewares, guards }: Surroundings,
): string | undefined {
  for (const name of names) {
    const fault = firstError(middlewares.get(name)?.errors ?? []);
    if (fault !== undefined || guards.get(name)?.options === undefined)
      return `the middleware ${name} cannot be used: ${fault ?? firstError(guards.get(name)?.problems ?? []) ?? 'it does not exist'}`;
  }
  return undefined;
}
