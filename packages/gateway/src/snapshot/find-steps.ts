import type { MiddlewareConfig, ServiceConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/place.ts';
import type { LookUp } from '../reload/derive.ts';
import { isCombining } from '../middlewares/kind.ts';
import { findKind } from '../middlewares/kinds.ts';
import type { TlsOptions } from '../tls/options.ts';
import type { PreparedMiddleware } from './prepare-middleware.ts';

/** Entries of a configuration that others refer to, by qualified name. A type, because `createDerive` does not accept an interface. */
export type ConfigurationMaps = {
  readonly middlewares: ReadonlyMap<string, MiddlewareConfig>;
  readonly services: ReadonlyMap<string, ServiceConfig>;
  /** Middlewares that are steps. */
  readonly steps: ReadonlyMap<string, PreparedMiddleware>;
  /** Undefined for broken steps. */
  readonly tlsOptions: ReadonlyMap<string, TlsOptions | undefined>;
};

/** The steps of some middlewares, by their names. */
export interface StepNames {
  /** Outermost first; a chain is replaced by its members. */
  readonly names: readonly string[];
  /** Reason why one of them refuses every request, for the log. */
  readonly broken: string | undefined;
}

type FindByName = LookUp<Pick<ConfigurationMaps, 'middlewares' | 'steps'>>;

export function findSteps(names: readonly string[], lookUp: FindByName): StepNames {
  const all = flatten(names, lookUp);
  // A problem of a member is more precise than the fact that its chain is broken.
  const withMembers = all.flatMap((name) => [...(lookUp('middlewares', name)?.members ?? []), name]);
  return {
    names: all.filter((name) => lookUp('steps', name) !== undefined),
    broken: findBrokenMiddleware(withMembers, lookUp),
  };
}

/** Names of the middlewares of one chain, in the order of execution. Cycles have been reported; each is cut here. */
function flatten(names: readonly string[], lookUp: FindByName): readonly string[] {
  const flat: string[] = [];
  const open = new Set<string>();
  const visit = (name: string): void => {
    const middleware = lookUp('middlewares', name);
    if (middleware?.members === undefined || middleware.errors.length > 0 || isCombined(middleware)) {
      flat.push(name);
      return;
    }
    if (open.has(name)) return;
    open.add(name);
    middleware.members.forEach(visit);
    open.delete(name);
  };
  names.forEach(visit);
  return flat;
}

const isCombined = ({ kind }: MiddlewareConfig): boolean => kind !== undefined && isCombining(findKind(kind));

export const firstError = (problems: readonly Problem[]): string | undefined =>
  problems.find(({ severity }) => severity === 'error')?.message;

function findBrokenMiddleware(names: readonly string[], lookUp: FindByName): string | undefined {
  for (const name of names) {
    const step = lookUp('steps', name);
    const fault = firstError(lookUp('middlewares', name)?.errors ?? []);
    if (fault !== undefined || step?.options === undefined)
      return `the middleware ${name} is invalid: ${fault ?? firstError(step?.problems ?? []) ?? 'it does not exist'}`;
  }
  return undefined;
}
