import type { z } from 'zod';
import type { LoadBalancerConfig } from '../../../config/dynamic.ts';
import type { Path } from '../../../config/path.ts';
import type { Problem } from '../../../config/place.ts';
import { createProblem } from '../../../config/problem.ts';
import type { OtherNames, Source } from '../../../config/read.ts';
import { readObject } from '../../../config/read.ts';
import type { Draft } from '../draft.ts';
import { addEntry } from '../draft.ts';
import { ignoredServiceNames, unsupportedServiceNames } from '../other-names.ts';
import { toHealthCheck, toSticky } from '../service-schema.ts';
import type { KubernetesObject } from './objects.ts';
import { crossingHint, originOf } from './objects.ts';
import { memberSchema } from './schemas.ts';
import type { ServiceCatalog } from './servers.ts';
import { findServers } from './servers.ts';

type RouteService = z.output<typeof memberSchema>;

export const unsupportedMemberNames: readonly string[] = [...unsupportedServiceNames, 'serversTransport'];

const others: OtherNames = { unsupported: unsupportedMemberNames, ignored: ignoredServiceNames };

/** A Service that an object leads to. */
interface ServiceTarget {
  readonly member: RouteService;
  readonly path: Path;
}

/** What the router of that name leads to: several are spread by weight. */
export interface Targets {
  readonly router: string;
  readonly targets: readonly ServiceTarget[];
}

/** What a middleware leads to; undefined for what cannot be read. @param source of its option. */
export function readTarget(source: Source): {
  readonly target: ServiceTarget | undefined;
  readonly problems: readonly Problem[];
} {
  const { value, whole, problems } = readObject(memberSchema, source, others);
  // A whole value has every field.
  const member = whole ? (value as RouteService) : undefined;
  return { target: member && { member, path: source.path }, problems };
}

/** As in Traefik, one service goes by the router's name; several are spread by weight under it. */
export function addServices(
  draft: Draft,
  object: KubernetesObject,
  catalog: ServiceCatalog,
  { router: name, targets }: Targets,
): void {
  // A route that is defined twice is reported once, as a router.
  if (draft.services.has(name)) return;
  const [only, ...more] = targets;
  if (only !== undefined && more.length === 0) {
    addEntry(draft, draft.services, toLoadBalancer(draft, object, catalog, name, only));
    return;
  }
  const services = targets.map((target, index) => {
    const { member } = target;
    const own = name.replace('@', `-${index}-${member.name}@`);
    addEntry(draft, draft.services, toLoadBalancer(draft, object, catalog, own, target));
    return { name: own, weight: member.weight };
  });
  // Without members the router is broken already; the service is there so that it is not reported as missing.
  addEntry(draft, draft.services, {
    kind: 'weighted',
    name,
    place: object.place,
    errors: [],
    services,
  });
}

function toLoadBalancer(
  draft: Draft,
  { kind, namespace, source }: KubernetesObject,
  catalog: ServiceCatalog,
  name: string,
  { member, path }: ServiceTarget,
): LoadBalancerConfig {
  const { document } = source;
  const { allowCrossNamespace, allowExternalNameServices } = originOf(source);
  const wanted = { namespace: member.namespace ?? namespace, name: member.name };
  const { servers = [], fault } =
    wanted.namespace === namespace || allowCrossNamespace
      ? findServers(catalog, {
          ...wanted,
          port: member.port,
          scheme: member.scheme,
          allowExternalNameServices,
        })
      : {
          fault: {
            code: 'cross_namespace',
            message: `the Service ${wanted.namespace}/${wanted.name} is not in the namespace ${namespace} of its ${kind}${crossingHint(source)}`,
          },
        };
  const errors = fault === undefined ? [] : [createProblem(document, [...path, 'name'], fault)];
  draft.problems.push(...errors);
  return {
    kind: 'loadBalancer',
    name,
    place: document.placeOf(path),
    errors,
    servers,
    passHostHeader: member.passHostHeader,
    serversTransport: undefined,
    healthCheck: toHealthCheck(member.healthCheck),
    sticky: toSticky(member.sticky, name),
  };
}
