import { nearestName } from '@grantgate/middleware/base/names';
import type { DynamicConfiguration } from '../../config/dynamic.ts';
import type { PreparedGuard } from '../../snapshot/prepare-guard.ts';
import type { Configuration } from '../configuration.ts';
import { UsageError } from '../usage-error.ts';

/**
 * The middleware that is meant by a name: its qualified one (`api@file`), the same without the provider, or for a Kubernetes object
 * its own name without the namespace.
 *
 * @throws UsageError when there is none, or more than one.
 */
export function findGuard(
  name: string,
  { routes, prepared }: Pick<Configuration, 'routes' | 'prepared'>,
): PreparedGuard {
  const exact = prepared.guards.get(name);
  if (exact !== undefined) return exact;
  const all = [...prepared.guards.values()];
  const meant = all.filter((guard) => shortNames(guard.name, routes).includes(name));
  const [first, ...others] = meant;
  if (first === undefined) throw new UsageError(describeMissing(name, routes, all));
  if (others.length > 0)
    throw new UsageError(
      `${name} can be any of ${meant.map((guard) => guard.name).join(', ')}: give the whole name`,
    );
  return first;
}

function shortNames(qualified: string, { middlewares }: DynamicConfiguration): readonly string[] {
  const bare = qualified.slice(0, qualified.lastIndexOf('@'));
  const middleware = middlewares.get(qualified);
  const namespace = middleware?.kind === 'oAuthClientCredentials' ? middleware.namespace : undefined;
  return namespace !== undefined && bare.startsWith(`${namespace}-`)
    ? [bare, bare.slice(namespace.length + 1)]
    : [bare];
}

function describeMissing(
  name: string,
  routes: DynamicConfiguration,
  guards: readonly PreparedGuard[],
): string {
  const chains = [...routes.middlewares.values()].filter(({ kind }) => kind === 'chain');
  const chain = chains.find((other) => other.name === name || shortNames(other.name, routes).includes(name));
  if (chain !== undefined) {
    // Of any type but ours, a middleware is read as a broken chain.
    const [fault] = chain.errors;
    return fault === undefined
      ? `${name} is a chain: give the name of one of its middlewares`
      : `${name} cannot be used: ${fault.message}`;
  }
  if (guards.length === 0) return 'there is no middleware oAuthClientCredentials here';
  const names = guards.flatMap((guard) => [guard.name, ...shortNames(guard.name, routes)]);
  const near = nearestName(name, names);
  return near === undefined
    ? `there is no middleware ${name}: expected one of ${guards.map((guard) => guard.name).join(', ')}`
    : `there is no middleware ${name}: did you mean ${near}?`;
}
