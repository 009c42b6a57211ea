import { createFacts } from '../../../packages/gateway/src/routing/facts.testkit.ts';
import { MatchContext } from '../../../packages/gateway/src/routing/match-context.ts';
import { toRoutingPath } from '../../../packages/gateway/src/routing/request-path.ts';
import { compileRule } from '../../../packages/gateway/src/routing/rule.ts';
import { createTable } from '../../../packages/gateway/src/routing/table.ts';
import type { TraefikEntryPoint, TraefikForwardAuth, TraefikRoutes } from './configuration.testkit.ts';
import type { TraefikRequest } from './incoming-request.testkit.ts';
import { toEscapedPath } from './request-target.testkit.ts';

export interface TraefikRoute {
  /** In order. */
  readonly checks: readonly TraefikForwardAuth[];
  /** Origin of the service. */
  readonly service: string;
}

/** The routes of one entry point: grantgate's own routing reads and ranks the rules. */
export function createRouter(
  { routers, middlewares, services }: TraefikRoutes,
  entryPoint: string,
): (request: TraefikRequest) => TraefikRoute | undefined {
  const table = createTable(
    Object.entries(routers)
      .filter(([, { entryPoints }]) => entryPoints?.includes(entryPoint) !== false)
      .map(([name, router]) => {
        const compiled = compileRule(router.rule);
        if (!compiled.ok) throw new Error(`${name}: ${router.rule}`);
        const route: TraefikRoute = {
          checks: router.middlewares.map((middleware) => named(middlewares, middleware).forwardAuth),
          service: new URL(named(services, router.service).loadBalancer.servers[0].url).origin,
        };
        return { name, rule: compiled.rule, priority: undefined, route };
      }),
  );
  return ({ method, host, target }) => {
    const path = toEscapedPath(target);
    const facts = createFacts({ method, authority: host, host: host.replace(/:\d+$/, ''), target: path });
    return table.match(new MatchContext(facts, toRoutingPath(path)));
  };
}

function named<T>(values: Readonly<Record<string, T>>, name: string): T {
  const value = values[name];
  if (value === undefined) throw new Error(`no ${name} in the configuration`);
  return value;
}

const codes: Readonly<Record<keyof TraefikEntryPoint['http']['encodedCharacters'], string>> = {
  allowEncodedSlash: '2F',
  allowEncodedBackSlash: '5C',
  allowEncodedNullCharacter: '00',
  allowEncodedSemicolon: '3B',
  allowEncodedPercent: '25',
  allowEncodedQuestionMark: '3F',
  allowEncodedHash: '23',
};

/** Whether a path has an encoded character that the entry point does not allow; known after a route was found. */
export function hasDeniedCharacter({ target }: TraefikRequest, { http }: TraefikEntryPoint): boolean {
  const denied = Object.entries(http.encodedCharacters).flatMap(([name, allowed]) =>
    allowed ? [] : [codes[name as keyof typeof codes]],
  );
  const found = toEscapedPath(target).match(/%[\da-f]{2}/gi) ?? [];
  return found.some((code) => denied.includes(code.slice(1).toUpperCase()));
}
