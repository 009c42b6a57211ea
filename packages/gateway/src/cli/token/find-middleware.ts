import { nearestName } from '@grantgate/middleware/base/names';
import type { DynamicConfiguration } from '../../config/dynamic.ts';
import { apiKey } from '../../middlewares/api-key/kind.ts';
import { jwt } from '../../middlewares/jwt/kind.ts';
import type { MiddlewareKind } from '../../middlewares/kind.ts';
import { oAuthClientCredentials } from '../../middlewares/oauth-client-credentials/kind.ts';
import { oAuthIntrospection } from '../../middlewares/oauth-introspection/kind.ts';
import { oAuthTokenExchange } from '../../middlewares/oauth-token-exchange/kind.ts';
import type { PreparedMiddleware } from '../../snapshot/prepare-middleware.ts';
import type { Configuration } from '../configuration.ts';
import { UsageError } from '../usage-error.ts';

/** Kinds of middleware whose tokens can be explained. */
const tokenKinds: readonly MiddlewareKind[] = [
  oAuthClientCredentials,
  jwt,
  oAuthIntrospection,
  oAuthTokenExchange,
  apiKey,
];

/**
 * The middleware with a name: its qualified name (`api@file`), the name without the provider, or for a Kubernetes object its
 * own name without the namespace.
 * @throws UsageError when there is none, or more than one.
 */
export function findMiddleware(
  name: string,
  { routes, prepared }: Pick<Configuration, 'routes' | 'prepared'>,
): PreparedMiddleware {
  const all = [...prepared.steps.values()].filter(({ kind }) => tokenKinds.includes(kind));
  const exact = all.find((one) => one.name === name);
  if (exact !== undefined) return exact;
  const meant = all.filter((one) => shortNames(one.name, routes).includes(name));
  const [first, ...others] = meant;
  if (first === undefined) throw new UsageError(describeMissing(name, routes, all));
  if (others.length > 0)
    throw new UsageError(`${name} is ambiguous: expected one of ${meant.map((one) => one.name).join(', ')}`);
  return first;
}

function shortNames(qualified: string, { middlewares }: DynamicConfiguration): readonly string[] {
  const bare = qualified.slice(0, qualified.lastIndexOf('@'));
  const namespace = middlewares.get(qualified)?.namespace;
  return namespace !== undefined && bare.startsWith(`${namespace}-`)
    ? [bare, bare.slice(namespace.length + 1)]
    : [bare];
}

function describeMissing(
  name: string,
  routes: DynamicConfiguration,
  all: readonly PreparedMiddleware[],
): string {
  const others = [...routes.middlewares.values()].filter(
    ({ kind }) => !tokenKinds.some(({ name: known }) => known === kind),
  );
  const other = others.find((one) => one.name === name || shortNames(one.name, routes).includes(name));
  if (other !== undefined) {
    const [fault] = other.errors;
    if (fault !== undefined) return `${name} is invalid: ${fault.message}`;
    return other.members === undefined
      ? `${name} is ${other.kind ?? 'another middleware'}, which does not use tokens`
      : `${name} is a chain: name one of its middlewares`;
  }
  if (all.length === 0)
    return `no middleware of the kinds ${tokenKinds.map(({ name: kind }) => kind).join(', ')} is configured`;
  const names = all.flatMap((one) => [one.name, ...shortNames(one.name, routes)]);
  const near = nearestName(name, names);
  return near === undefined
    ? `there is no middleware ${name}: expected one of ${all.map((one) => one.name).join(', ')}`
    : `there is no middleware ${name}: did you mean ${near}?`;
}
