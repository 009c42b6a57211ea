import type { Problem } from '../config/place.ts';
import { remember } from '../reload/remember.ts';
import { defaultOptionsName } from '../tls/options.ts';
import type { EntryPoints } from './entry-points.ts';
import { entryPointsOf } from './entry-points.ts';
import type { PreparedRouter, TlsRoutes } from './prepared.ts';
import { domainsOf } from '../routing/rule.ts';

/** By name of the entry point. */
export interface AllTlsRoutes {
  readonly byEntryPoint: ReadonlyMap<string, TlsRoutes>;
  readonly problems: readonly Problem[];
}

/** Represents all entry points when they are unknown. */
const anyEntryPoint: EntryPoints = new Map([['', { tls: true, routes: true }]]);

/**
 * Finds the TLS options of each host. As in Traefik, the default ones apply to a router without `Host`, and to routers that name different
 * options for one host.
 */
export function createFindTlsRoutes(
  entryPoints: EntryPoints | undefined,
): (routers: readonly PreparedRouter[]) => AllTlsRoutes {
  const known = entryPoints ?? anyEntryPoint;
  const namesOf = remember(({ config }: PreparedRouter) =>
    entryPoints === undefined ? [''] : entryPointsOf(config, known),
  );
  const findDomains = remember(({ config }: PreparedRouter) => domainsOf(config.rule));
  let before: { readonly routers: readonly PreparedRouter[]; readonly found: AllTlsRoutes } | undefined;
  return (routers) => {
    if (before?.routers === routers) return before.found;
    const found = findTlsRoutes(routers, { known, namesOf, findDomains });
    before = { routers, found };
    return found;
  };
}

interface Finders {
  readonly known: EntryPoints;
  readonly namesOf: (router: PreparedRouter) => readonly string[];
  readonly findDomains: (router: PreparedRouter) => ReadonlySet<string>;
}

function findTlsRoutes(
  routers: readonly PreparedRouter[],
  { known, namesOf, findDomains }: Finders,
): AllTlsRoutes {
  const problems: Problem[] = [];
  const groups = new Map<string, Claim[]>();
  const wanting = new Set<string>();
  for (const router of routers)
    for (const name of namesOf(router)) {
      const entryPoint = known.get(name);
      if (!router.config.tls && entryPoint?.tls !== true) continue;
      if (entryPoint?.tls !== true) wanting.add(name);
      const options = router.config.tlsOptions ?? entryPoint?.tlsOptions ?? defaultOptionsName;
      const group = groups.get(name);
      if (group === undefined) groups.set(name, [{ router, options }]);
      else group.push({ router, options });
    }
  const byEntryPoint = new Map<string, TlsRoutes>();
  for (const [name, claims] of groups)
    byEntryPoint.set(name, { ...settle(claims, findDomains, problems), hasRouters: wanting.has(name) });
  return { byEntryPoint, problems };
}

/** The TLS options that a router requires. */
interface Claim {
  readonly router: PreparedRouter;
  options: string;
}

function settle(
  claims: readonly Claim[],
  findDomains: Finders['findDomains'],
  problems: Problem[],
): Pick<TlsRoutes, 'hosts' | 'required'> {
  // Usually all routers have the default options, so no hosts must be compared.
  if (claims.every(({ options }) => options === defaultOptionsName))
    return { hosts: new Map(), required: new Map() };
  const byHost = new Map<string, Claim[]>();
  for (const claim of claims) {
    const domains = findDomains(claim.router);
    if (domains.size === 0) yieldTo(claim, 'its rule names no Host', problems);
    for (const domain of domains) {
      const others = byHost.get(domain);
      if (others === undefined) byHost.set(domain, [claim]);
      else others.push(claim);
    }
  }
  // A router that falls back to the defaults at one host does so at its other hosts, where it may then conflict with another router.
  for (let isSettled = false; !isSettled;) {
    isSettled = true;
    for (const [host, group] of byHost) {
      if (group.every(({ options }) => options === group[0]?.options)) continue;
      isSettled = false;
      for (const claim of group)
        yieldTo(claim, `another router names other options for the host ${host}`, problems);
    }
  }
  const hosts = new Map<string, string>();
  for (const [host, [first]] of byHost)
    if (first !== undefined && first.options !== defaultOptionsName) hosts.set(host, first.options);
  const required = new Map<string, string>();
  for (const { router, options } of claims)
    if (options !== defaultOptionsName) required.set(router.config.name, options);
  return { hosts, required };
}

function yieldTo(claim: Claim, reason: string, problems: Problem[]): void {
  const { config } = claim.router;
  if (claim.options === defaultOptionsName) return;
  problems.push({
    severity: 'warning',
    place: config.place,
    code: 'default_tls_options',
    path: `${config.name}.tls.options`,
    message: `${claim.options} is not used: as in Traefik, the default options apply, because ${reason}`,
  });
  claim.options = defaultOptionsName;
}
