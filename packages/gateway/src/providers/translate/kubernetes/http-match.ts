import type { z } from 'zod';
import type { httpRouteRuleSchema } from './gateway-schemas.ts';
import { toMatcher, toPrefixMatcher } from './rule-text.ts';

export type RouteMatch = z.output<typeof httpRouteRuleSchema>['matches'][number];

/** A rule in Traefik's language, with the priority that Traefik assigns. */
export interface MatchRule {
  readonly rule: string;
  readonly priority: number;
}

/** As in Traefik 3.7, `*` represents one or more labels of letters, digits and hyphens. */
const toHostMatcher = (host: string): string =>
  host.startsWith('*.')
    ? toMatcher('HostRegexp', `^[a-z0-9-\\.]+\\.${host.slice(2).replaceAll('.', '\\.')}$`)
    : toMatcher('Host', host);

/**
 * The rule of a match, and its precedence by Gateway API: an exact path, the longest prefix, a method, the
 * most headers, the most query parameters.
 *
 * @param hostnames empty: all.
 */
export function toMatchRule(hostnames: readonly string[], match: RouteMatch): MatchRule {
  const { path, method, headers, queryParams } = match;
  const hosts = hostnames.map(toHostMatcher);
  const matchers = [
    ...(hosts.length === 0 ? [] : [hosts.length === 1 ? hosts[0] : `(${hosts.join(' || ')})`]),
    toPathMatcher(path),
    ...(method === undefined ? [] : [toMatcher('Method', method)]),
    ...headers.map(({ type, name, value }) =>
      toMatcher(type === 'Exact' ? 'Header' : 'HeaderRegexp', name, value),
    ),
    ...queryParams.map(({ type, name, value }) =>
      toMatcher(type === 'Exact' ? 'Query' : 'QueryRegexp', name, value),
    ),
  ];
  return {
    rule: matchers.join(' && '),
    priority:
      Math.max(0, ...hostnames.map((host) => host.length)) +
      toPathPriority(path) +
      (method === undefined ? 0 : 1000) +
      headers.length * 100 +
      queryParams.length * 10,
  };
}

function toPathMatcher({ type, value }: RouteMatch['path']): string {
  if (type === 'Exact') return toMatcher('Path', value);
  return type === 'PathPrefix' ? toPrefixMatcher(value) : toMatcher('PathRegexp', value);
}

function toPathPriority({ type, value }: RouteMatch['path']): number {
  if (type === 'Exact') return 100_000;
  return type === 'PathPrefix' && value === '/' ? 1 : 10_000 + value.length * 100;
}
