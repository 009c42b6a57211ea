import { nearestName } from '@grantgate/middleware/base/names';
import type { Document } from '../config/document.ts';
import type { RouterConfig } from '../config/dynamic.ts';
import { isMapping } from '../config/path.ts';
import type { Problem } from '../config/place.ts';
import type { EntryPointFacts, EntryPoints } from '../snapshot/entry-points.ts';

/**
 * Entry points of an install configuration beside the routes. The rest of it is checked when it is passed with `--config`.
 * Undefined: it has none.
 */
export function findEntryPoints(installs: readonly Document[]): EntryPoints | undefined {
  const found = installs.flatMap(({ value }) =>
    Object.entries(entryOf(value, 'entryPoints')).map(([name, entryPoint]): [string, EntryPointFacts] => {
      const has = (option: string): boolean => hasOption(entryPoint, option);
      const isTls = has('tls') || hasOption(valueOf(entryPoint, 'http'), 'tls');
      return [name, { tls: isTls, routes: !has('forwardAuth') && !has('extAuthz') }];
    }),
  );
  return found.length === 0 ? undefined : new Map(found);
}

/**
 * Without an install configuration: the entry point of the shorthand, and those that routers name. The latter are assumed,
 * with or without TLS as their routers require, with a warning. A name that is similar to a known one is a mistake.
 */
export function assumeEntryPoints(
  known: EntryPoints,
  routers: Iterable<RouterConfig>,
): { readonly entryPoints: EntryPoints; readonly problems: readonly Problem[] } {
  const entryPoints = new Map(known);
  const problems: Problem[] = [];
  for (const router of routers)
    router.entryPoints.forEach((name, index) => {
      if (entryPoints.has(name) || nearestName(name, [...known.keys()]) !== undefined) return;
      entryPoints.set(name, { tls: true, routes: true });
      problems.push({
        severity: 'warning',
        place: router.entryPointPlace(index),
        code: 'assumed_entry_point',
        path: `${router.name}.entryPoints[${index}]`,
        message: `the entry point ${name} is assumed to exist: grantgate serve requires an install configuration (--config) that defines it`,
      });
    });
  return { entryPoints, problems };
}

function valueOf(value: unknown, name: string): unknown {
  const entries = isMapping(value) ? Object.entries(value) : [];
  return entries.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}

function entryOf(value: unknown, name: string): Readonly<Record<string, unknown>> {
  const entry = valueOf(value, name);
  return isMapping(entry) ? entry : {};
}

const hasOption = (value: unknown, name: string): boolean =>
  isMapping(value) && Object.keys(value).some((key) => key.toLowerCase() === name.toLowerCase());
