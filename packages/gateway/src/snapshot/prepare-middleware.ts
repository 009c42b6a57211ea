import type { MiddlewareConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/place.ts';
import type { StepKind } from '../middlewares/kind.ts';
import type { LookUp, SharedSources } from '../secrets/resolve.ts';
import { isCurrent } from '../secrets/resolve.ts';

/** A middleware that is a step, with its secrets looked up and its options read. */
export interface PreparedMiddleware {
  readonly name: string;
  readonly kind: StepKind;
  /** Undefined for one that is broken, and refuses. */
  readonly options: object | undefined;
  readonly problems: readonly Problem[];
}

/** Prepares one middleware; says everything that is wrong with it at its place in the file. */
export type PrepareMiddleware = (
  config: MiddlewareConfig,
  kind: StepKind,
  sources: SharedSources,
) => PreparedMiddleware;

/** A middleware that is the same, and whose secrets are, is prepared once. */
export function createPrepareMiddleware(): PrepareMiddleware {
  const done = new WeakMap<MiddlewareConfig, Done>();
  return (config, kind, sources) => {
    const before = done.get(config);
    if (before !== undefined && isCurrent(before.lookUps, sources)) return before.prepared;
    const { options, problems, lookUps } = kind.read(config, sources);
    const prepared = Object.freeze({ name: config.name, kind, options, problems });
    done.set(config, { prepared, lookUps });
    return prepared;
  };
}

interface Done {
  readonly prepared: PreparedMiddleware;
  readonly lookUps: readonly LookUp[];
}
