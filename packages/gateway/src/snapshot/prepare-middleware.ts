import type { DynamicConfiguration, MiddlewareConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/place.ts';
import type { CombiningKind, StepKind } from '../middlewares/kind.ts';
import { findKind } from '../middlewares/kinds.ts';
import { findChanges, keepMap } from '../reload/list-changes.ts';
import type { ReferenceLookUp, SharedSources } from '../secrets/resolve.ts';
import { isCurrent } from '../secrets/resolve.ts';

/** A middleware that is a step, with secrets resolved and options parsed. */
export interface PreparedMiddleware {
  readonly name: string;
  readonly kind: StepKind | CombiningKind;
  /** Undefined for a broken middleware, which refuses. */
  readonly options: object | undefined;
  readonly problems: readonly Problem[];
  /** Time at which its secrets were read, in milliseconds since the epoch; undefined: not recorded. */
  readonly readAt?: number | undefined;
}

/** Prepares the middlewares that are steps, by qualified name; reports each problem with its position in the file. */
export type PrepareMiddlewares = (
  middlewares: DynamicConfiguration['middlewares'],
  sources: SharedSources,
  readAt?: number,
) => ReadonlyMap<string, PreparedMiddleware>;

/** Does not repeat the work for an unchanged middleware with unchanged secrets; returns the same map when nothing has changed. */
export function createPrepareMiddlewares(): PrepareMiddlewares {
  const known = new WeakMap<MiddlewareConfig, MiddlewareResult>();
  const prepare = (config: MiddlewareConfig, sources: SharedSources, readAt?: number): MiddlewareResult => {
    const last = known.get(config);
    if (last !== undefined && isCurrent(last.lookUps, sources)) return last;
    const now = prepareOne(config, sources, readAt);
    known.set(config, now);
    return now;
  };
  let before: PreviousPreparation = { list: [], done: [], prepared: new Map(), sources: undefined };
  return (middlewares, sources, readAt) => {
    const list = [...middlewares.values()];
    const { placeBefore } = findChanges(before.list, list);
    const isSame =
      sources.secrets === before.sources?.secrets && sources.unreadSecrets === before.sources.unreadSecrets;
    const done = list.map((config, index) => {
      const last = isSame ? before.done[placeBefore(index)] : undefined;
      return last?.isOfClusterOnly === true ? last : prepare(config, sources, readAt);
    });
    const all = done.flatMap(({ prepared }) => prepared ?? []);
    const prepared = keepMap(before.prepared, new Map(all.map((one) => [one.name, one])));
    before = { list, done, prepared, sources };
    return prepared;
  };
}

interface PreviousPreparation {
  readonly list: readonly MiddlewareConfig[];
  readonly done: readonly MiddlewareResult[];
  readonly prepared: ReadonlyMap<string, PreparedMiddleware>;
  readonly sources: SharedSources | undefined;
}

interface MiddlewareResult {
  /** Undefined for a middleware that is not a step. */
  readonly prepared: PreparedMiddleware | undefined;
  readonly lookUps: readonly ReferenceLookUp[];
  /** True when none of its secrets comes from a file or the environment; these can change without a new configuration. */
  readonly isOfClusterOnly: boolean;
}

function prepareOne(
  config: MiddlewareConfig,
  sources: SharedSources,
  readAt: number | undefined,
): MiddlewareResult {
  const kind = config.kind === undefined ? undefined : findKind(config.kind);
  if (kind === undefined || kind.members !== undefined)
    return { prepared: undefined, lookUps: [], isOfClusterOnly: true };
  const { options, problems, lookUps } = kind.read(config, sources);
  return {
    prepared: Object.freeze({ name: config.name, kind, options, problems, readAt }),
    lookUps,
    isOfClusterOnly: lookUps.every(({ reference }) => reference.kind === 'kubernetes'),
  };
}
