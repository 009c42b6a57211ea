import type { z } from 'zod';
import type { LoadBalancerConfig, WeightedConfig } from '../../../config/dynamic.ts';
import type { Path } from '../../../config/path.ts';
import { formatPath } from '../../../config/path.ts';
import type { Problem } from '../../../config/place.ts';
import { createProblem } from '../../../config/problem.ts';
import type { OtherNames, Source } from '../../../config/read.ts';
import { readObject } from '../../../config/read.ts';
import type { Draft, MentionedKind } from '../draft.ts';
import { addEntry, noteObject } from '../draft.ts';
import { ignoredServiceNames, unsupportedServiceNames } from '../other-names.ts';
import { toHealthCheck, toPassiveHealthCheck, toSticky } from '../service-schema.ts';
import { resolveReference, toQualifiedName, type ReferenceResult } from './names.ts';
import type { KubernetesObject } from './objects.ts';
import { crossingHint, originOf } from './objects.ts';
import { memberSchema } from './schemas.ts';
import type { ServiceCatalog } from './servers.ts';
import { findServers } from './servers.ts';

type RouteService = z.output<typeof memberSchema>;

const others: OtherNames = { unsupported: unsupportedServiceNames, ignored: ignoredServiceNames };

/** A Service or TraefikService that is the target of an object. */
export interface ServiceTarget {
  readonly member: RouteService;
  readonly path: Path;
}

/** Targets of the router with that name; several are weighted. */
export interface Targets {
  readonly router: string;
  readonly targets: readonly ServiceTarget[];
  /** Whether it belongs to a TraefikService, which is a weighted service even with a single one. */
  readonly composed?: Pick<WeightedConfig, 'sticky' | 'errors'> & {
    readonly type: 'weighted' | 'highestRandomWeight' | 'failover';
  };
}

/** Targets of a middleware or a TraefikService; undefined for an invalid one. @param source position of its option. */
export function readTarget(source: Source): {
  readonly target: ServiceTarget | undefined;
  readonly problems: readonly Problem[];
} {
  const { value, whole, problems } = readObject(memberSchema, source, others);
  // A complete value has every field.
  const member = whole ? (value as RouteService) : undefined;
  return { target: member && { member, path: source.path }, problems };
}

/** As in Traefik, a single service has the router's name; several are weighted under that name. */
export function addServices(
  draft: Draft,
  object: KubernetesObject,
  catalog: ServiceCatalog,
  { router: name, targets, composed }: Targets,
): void {
  // A route that is defined twice is reported once, as a router.
  if (draft.services.has(name)) return;
  // The first entry with that name is used.
  noteObject(draft, 'services', name, `${object.namespace}/${object.name}`);
  const [only, ...more] = targets;
  const add = (own: string, target: ServiceTarget): void =>
    addEntry(draft, draft.services, toLoadBalancer(draft, object, catalog, own, target));
  if (composed === undefined && only?.member.kind === 'Service' && more.length === 0) {
    add(name, only);
    return;
  }
  const services = targets.map((target, index) => {
    const { member } = target;
    const writtenName = toWrittenName(member, object.namespace);
    const own = name.replace('@', `-${index}-${member.name.replace(/@.*/, '')}@`);
    if (member.kind === 'TraefikService') {
      const { name: meant } = refer(draft, object, 'TraefikService', name, target);
      if (meant !== undefined) return { name: meant, weight: member.weight, writtenName };
    }
    add(own, target);
    return { name: own, weight: member.weight, writtenName };
  });
  if (composed?.type === 'failover') {
    const [service = name, fallback = name] = services.map((member) => member.name);
    addEntry(draft, draft.services, {
      kind: 'failover',
      name,
      place: object.place,
      errors: composed.errors,
      service,
      fallback,
    });
    return;
  }
  // Without members, the router is already broken; the service exists so that it is not reported as missing.
  addEntry(draft, draft.services, {
    kind: 'weighted',
    sticky: composed?.sticky,
    errors: composed?.errors ?? [],
    strategy: composed?.type === 'highestRandomWeight' ? 'hrw' : 'wrr',
    name,
    place: object.place,
    services,
  });
}

/** The name of a member in Traefik, from which cookies and the hash of an address are derived. */
function toWrittenName({ kind, name, namespace, port }: RouteService, ownNamespace: string): string {
  if (name.includes('@')) return name;
  const parts = [namespace ?? ownNamespace, name];
  if (kind === 'Service' && port !== undefined) parts.push(String(port));
  return toQualifiedName(...parts).replace(/@.*/, '');
}

/** Records that the service with that name refers to another object, unless that is forbidden. */
function refer(
  draft: Draft,
  object: KubernetesObject,
  kind: 'TraefikService' | 'ServersTransport',
  owner: string,
  { member, path }: ServiceTarget,
): ReferenceResult {
  const { document } = object.source;
  const origin = originOf(object.source);
  const isTransport = kind === 'ServersTransport';
  const found = isTransport
    ? // As in Traefik, a name without a namespace belongs to the namespace of the Service.
      resolveReference(
        kind,
        { name: member.serversTransport ?? '' },
        member.namespace ?? object.namespace,
        origin,
      )
    : resolveReference(kind, member, object.namespace, origin);
  if (found.name === undefined) return found;
  const at = [...path, isTransport ? 'serversTransport' : 'name'];
  const of: MentionedKind = isTransport ? 'serversTransports' : 'services';
  draft.mentions.push({
    in: { kind: 'services', name: owner },
    of: {
      kind: of,
      name: found.name,
      ...(found.object !== undefined && { object: found.object }),
      ...(!origin.allowCrossNamespace && { namespace: object.namespace }),
    },
    place: document.placeOf(at),
    path: formatPath(at),
  });
  return found;
}

function toLoadBalancer(
  draft: Draft,
  object: KubernetesObject,
  catalog: ServiceCatalog,
  name: string,
  target: ServiceTarget,
): LoadBalancerConfig {
  const { member, path } = target;
  const { document } = object.source;
  const { servers, fault } = findTarget(object, catalog, target);
  const errors = fault === undefined ? [] : [createProblem(document, [...path, 'name'], fault)];
  const transport =
    fault === undefined &&
    member.serversTransport !== undefined &&
    member.serversTransport !== standardTransport
      ? refer(draft, object, 'ServersTransport', name, target)
      : undefined;
  if (transport?.fault !== undefined)
    errors.push(
      createProblem(document, [...path, 'serversTransport'], {
        code: 'cross_namespace',
        message: `${transport.fault}${crossingHint(object.source)}`,
      }),
    );
  draft.problems.push(...errors);
  return {
    kind: 'loadBalancer',
    name,
    place: document.placeOf(path),
    errors,
    servers: servers ?? [],
    passHostHeader: member.passHostHeader,
    serversTransport: transport?.name,
    healthCheck: toHealthCheck(member.healthCheck),
    passiveHealthCheck: toPassiveHealthCheck(member.passiveHealthCheck),
    strategy: member.strategy === 'RoundRobin' ? 'wrr' : member.strategy,
    sticky: toSticky(member.sticky, name),
  };
}

/** Default transport of services without their own. */
const standardTransport = 'default@internal';

/** The servers of a Service, or the reason why there are none. */
function findTarget(
  { kind, namespace, source }: KubernetesObject,
  catalog: ServiceCatalog,
  { member }: ServiceTarget,
): ReturnType<typeof findServers> {
  const { allowCrossNamespace, allowExternalNameServices } = originOf(source);
  const wanted = { namespace: member.namespace ?? namespace, name: member.name };
  if (wanted.namespace !== namespace && !allowCrossNamespace)
    return toFault(
      `the ${member.kind} ${wanted.namespace}/${wanted.name} is not in the namespace ${namespace} of its ${kind}${crossingHint(source)}`,
    );
  if (member.kind === 'TraefikService') {
    const { fault = '' } = resolveReference('TraefikService', member, namespace, originOf(source));
    return toFault(`${fault}${crossingHint(source)}`);
  }
  const { port, scheme, nativeLB } = member;
  return findServers(catalog, { ...wanted, port, scheme, nativeLB, allowExternalNameServices });
}

const toFault = (message: string): ReturnType<typeof findServers> => ({
  fault: { code: 'cross_namespace', message },
});
