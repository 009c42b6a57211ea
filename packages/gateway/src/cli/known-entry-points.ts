import { nearestName } from '@grantgate/middleware/base/names';
import type { Document } from '../config/document.ts';
import type { RouterConfig } from '../config/dynamic.ts';
import { isMapping } from '../config/path.ts';
import type { Problem } from '../config/place.ts';
import type { EntryPointFacts, EntryPoints } from '../snapshot/entry-points.ts';

/**
 * The entry points of an install configuration that lies beside the routes. Whatever else is in it is checked when it is passed with
 * `--config`. Undefined: there are none in it.
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
 * With no install configuration the entry points of the shorthand, and those that routers name: these are assumed, with TLS or without
 * as each router has it, and a warning says so. A name that is nearly that of a known one is a mistake.
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
