import type { z } from 'zod';
import type { MiddlewareConfig } from '../../config/dynamic.ts';
import { readObject } from '../../config/read.ts';
import type { OptionsResult } from '../kind.ts';
import { documentOf, pathOf } from '../read-options.ts';

/** Reads a filter of an HTTPRoute. Any author of routes can write it, so a text in the form of a secret reference stays text. */
export function readFilter<S extends z.ZodObject>(
  schema: S,
  config: MiddlewareConfig,
): OptionsResult<z.output<S>> {
  const read = readObject(schema, { document: documentOf(config), path: [] }, { emptyText: 'a text' });
  return {
    options: read.whole ? (Object.freeze(read.value) as z.output<S>) : undefined,
    problems: read.problems.map((problem) => ({ ...problem, path: pathOf(config, problem.path) })),
    lookUps: [],
  };
}
