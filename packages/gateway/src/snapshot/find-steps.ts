import type { MiddlewareConfig, ServiceConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/place.ts';
import type { PreparedMiddleware } from './prepare-middleware.ts';

/** What the entries of one configuration lead to, by qualified name. */
export interface Surroundings {
  readonly middlewares: ReadonlyMap<string, MiddlewareConfig>;
  readonly services: ReadonlyMap<string, ServiceConfig>;
  /** Middlewares that are steps. */
  readonly steps: ReadonlyMap<string, PreparedMiddleware>;
}

/** The steps of some middlewares, by their names. */
export interface FoundSteps {
  /** Outermost first; in the place of a chain stand its members. */
  readonly names: readonly string[];
  /** Why one of them refuses every request, for the log. */
  readonly broken: string | undefined;
  /** Everything that this depends on. */
  readonly seen: readonly Seen[];
}

interface Seen {
  readonly name: string;
  readonly middleware: MiddlewareConfig | undefined;
  readonly step: PreparedMiddleware | undefined;
}

export function findSteps(names: readonly string[], surroundings: Surroundings): FoundSteps {
  const { middlewares, steps } = surroundings;
  const { flat, visited } = flatten(names, middlewares);
  return {
    names: flat.filter((name) => steps.has(name)),
    broken: findBrokenMiddleware(flat, surroundings),
    seen: visited.map((name) => ({ name, middleware: middlewares.get(name), step: steps.get(name) })),
  };
}

/** Whether it would come to the same now. */
export function areSameSteps({ seen }: FoundSteps, { middlewares, steps }: Surroundings): boolean {
  for (const { name, middleware, step } of seen)
    if (middlewares.get(name) !== middleware || steps.get(name) !== step) return false;
  return true;
}

/**
 * Names of the middlewares that consist of no others, in the order in which requests pass them, and of all that were looked at. Circles have
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
    if (middleware?.members === undefined || middleware.errors.length > 0) {
      flat.push(name);
      return;
    }
    if (open.has(name)) return;
    open.add(name);
    middleware.members.forEach(visit);
    open.delete(name);
  };
  names.forEach(visit);
  return { flat, visited: [...visited] };
}

export const firstError = (problems: readonly Problem[]): string | undefined =>
  problems.find(({ severity }) => severity === 'error')?.message;

function findBrokenMiddleware(
  names: readonly string[],
  { middlewares, steps }: Surroundings,
): string | undefined {
  for (const name of names) {
    const fault = firstError(middlewares.get(name)?.errors ?? []);
    if (fault !== undefined || steps.get(name)?.options === undefined)
      return `the middleware ${name} cannot be used: ${fault ?? firstError(steps.get(name)?.problems ?? []) ?? 'it does not exist'}`;
  }
  return undefined;
}
