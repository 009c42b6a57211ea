import type { z } from 'zod';
import type { MiddlewareConfig } from '../config/dynamic.ts';
import type { Document } from '../config/document.ts';
import type { OtherNames } from '../config/read.ts';
import { readObject } from '../config/read.ts';
import type { Path } from '../config/path.ts';
import { formatPath } from '../config/path.ts';
import type { ProblemDetails } from '../config/problem.ts';
import { createProblem } from '../config/problem.ts';
import type { Problem } from '../config/place.ts';
import type { ResolveResult, SharedSources } from '../secrets/resolve.ts';
import { resolveReferences } from '../secrets/resolve.ts';
import type { OptionsResult } from './kind.ts';

/** A middleware's options with values instead of references, and the problems of the references. */
export interface ResolvedOptions extends Pick<ResolveResult, 'value' | 'lookUps'> {
  readonly problems: readonly Problem[];
  /** Paths of the unresolved references. */
  readonly unresolved: readonly string[];
}

export function resolveOptions(config: MiddlewareConfig, sources: SharedSources): ResolvedOptions {
  const { namespace, localReferences } = config;
  const { value, problems, lookUps } = resolveReferences(config.options, {
    ...sources,
    namespace,
    localReferences,
  });
  return {
    value,
    lookUps,
    problems: problems.map(({ path, ...problem }) => ({
      ...problem,
      place: config.placeOf(path),
      path: pathOf(config, formatPath(path)),
    })),
    unresolved: problems.filter(({ severity }) => severity === 'error').map(({ path }) => formatPath(path)),
  };
}

/** Options that a schema has parsed, for kinds with further checks. */
export interface SchemaOptions<Options> extends OptionsResult<Options> {
  /** The path as written, for a path in the schema's names. */
  readonly writtenPath: (path: readonly PropertyKey[]) => Path;
}

/** Parses options with a schema: all problems at once, each with its position. */
export function readOptions<S extends z.ZodObject>(
  schema: S,
  config: MiddlewareConfig,
  sources: SharedSources,
  others?: OtherNames,
): SchemaOptions<z.output<S>> {
  const { value, lookUps, problems, unresolved } = resolveOptions(config, sources);
  const read = readObject(schema, { document: { ...documentOf(config), value }, path: [] }, others);
  return {
    writtenPath: read.writtenPath,
    options: read.whole && unresolved.length === 0 ? (Object.freeze(read.value) as z.output<S>) : undefined,
    problems: [
      ...problems,
      // An unresolved reference is one problem, not two.
      ...read.problems
        .filter(({ path }) => !unresolved.includes(path))
        .map((problem) => ({ ...problem, path: pathOf(config, problem.path) })),
    ],
    lookUps,
  };
}

/** The options of a middleware as a separate document. */
export const documentOf = ({ options, place, placeOf }: MiddlewareConfig): Document => ({
  file: place.file,
  value: options,
  placeOf,
});

/** A problem with one option. @param path as written. */
export function createOptionProblem(config: MiddlewareConfig, path: Path, details: ProblemDetails): Problem {
  const problem = createProblem(documentOf(config), path, details);
  return { ...problem, path: pathOf(config, problem.path) };
}

/** The path of an option for diagnostics, which begins with the middleware's name. */
export const pathOf = ({ name }: Pick<MiddlewareConfig, 'name'>, path: string): string =>
  path === '' ? name : `${name}.${path}`;
