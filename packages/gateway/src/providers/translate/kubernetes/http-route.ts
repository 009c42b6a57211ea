import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { LoadBalancerConfig } from '../../../config/dynamic.ts';
import type { Path } from '../../../config/path.ts';
import type { Problem } from '../../../config/place.ts';
import { createProblem, errorsOf } from '../../../config/problem.ts';
import type { OtherNames } from '../../../config/read.ts';
import { readObject } from '../../../config/read.ts';
import type { LookUp } from '../../../reload/derive.ts';
import type { Draft } from '../draft.ts';
import { addEntry } from '../draft.ts';
import type { ListenerAttachment, ParentResult } from './attachment.ts';
import { attach } from './attachment.ts';
import { httpRouteRuleSchema, httpRouteSchema } from './gateway-schemas.ts';
import type { GatewayLookUps } from './gateways.ts';
import { isGranted } from './grants.ts';
import { addFilters, findFilterProblems } from './http-filters.ts';
import type { RouteMatch } from './http-match.ts';
import { toMatchRule } from './http-match.ts';
import { toProviderName } from './names.ts';
import type { KubernetesObject } from './objects.ts';
import { isCoreGroup, originOf } from './objects.ts';
import type { ServiceCatalog } from './servers.ts';
import { findServers } from './servers.ts';

type HttpRouteRule = z.output<typeof httpRouteRuleSchema>;
type BackendRef = HttpRouteRule['backendRefs'][number];

/** Target of a rule of an HTTPRoute, by the name of its service. */
export interface HttpTarget {
  readonly name: string;
  readonly path: Path;
  readonly backends: readonly {
    readonly reference: BackendRef;
    readonly path: Path;
    /** Reason why the target must not be used. */
    readonly fault: { readonly code: string; readonly message: string } | undefined;
  }[];
}

const others: OtherNames = {
  unsupported: ['sessionPersistence'],
  ignored: {
    timeouts: 'the limits of entry points and servers apply',
    retry: 'requests are not repeated',
  },
};

/** A rule after parsing. */
interface HttpRule {
  readonly value: Partial<HttpRouteRule>;
  readonly errors: readonly Problem[];
  readonly path: Path;
  readonly writtenPath: (path: readonly PropertyKey[]) => Path;
}

/** Adds a router for each match of a rule and each listener that accepts the route. @returns their targets. */
export function addHttpRoute(
  draft: Draft,
  object: KubernetesObject,
  lookUp: LookUp<GatewayLookUps>,
): readonly HttpTarget[] {
  const { namespace, name, source } = object;
  const { value, problems, writtenPath } = readObject(httpRouteSchema, source);
  const { parentRefs = [], hostnames = [], rules = [] } = value.spec ?? {};
  const parents = attach(namespace, { parentRefs, hostnames }, lookUp);
  // Without a Gateway of this gateway, the route belongs to another controller.
  if (parents.length === 0) {
    if (source.document.origin === undefined)
      draft.problems.push(
        createProblem(source.document, [...source.path, 'spec'], {
          severity: 'warning',
          code: 'unreachable_router',
          message: `the HTTPRoute ${namespace}/${name} is attached to no Gateway that is served`,
          part: 'key',
        }),
      );
    return [];
  }
  draft.problems.push(...problems, ...findUnattached(object, parents));
  return rules.map((_, index) => {
    const rule = readRule(draft, object, writtenPath(['spec', 'rules', index]), errorsOf(problems));
    const service = toRuleName(object, [index]);
    parents.forEach(({ gateway, attachments }) =>
      attachments.forEach((attachment) => {
        const listener = `${gateway.namespace}-${gateway.name}-${attachment.listener.name}`;
        rule.value.matches?.forEach((match, at) =>
          addRouter(draft, object, rule, match, {
            name: toRuleName(object, [index, at], listener),
            service,
            attachment,
            // If two rules of a route are equal, the first one applies.
            precedence: rules.length - index,
          }),
        );
      }),
    );
    return toTarget(object, rule, service, lookUp);
  });
}

/** Unlike in Traefik, the names of two routes always differ: the hash covers everything that distinguishes them. */
function toRuleName(
  { namespace, name }: KubernetesObject,
  numbers: readonly number[],
  listener = '',
): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([namespace, name, listener, ...numbers]))
    .digest('hex')
    .slice(0, 10);
  return toProviderName('kubernetesgateway', namespace, name, listener, ...numbers.map(String), hash);
}

function findUnattached(
  { source: { document, path } }: KubernetesObject,
  parents: readonly ParentResult[],
): readonly Problem[] {
  return parents
    .filter(({ reason }) => reason !== 'Accepted')
    .map(({ gateway, reason }) =>
      createProblem(document, [...path, 'spec', 'parentRefs'], {
        code: 'not_attached',
        message: `the Gateway ${gateway.namespace}/${gateway.name} has no listener for it: ${reasons[reason]}`,
        part: 'key',
      }),
    );
}

const reasons: Readonly<Record<ParentResult['reason'], string>> = {
  Accepted: '',
  NoMatchingParent: 'none has the requested name and port',
  NotAllowedByListeners: 'allowedRoutes does not allow it',
  NoMatchingListenerHostname: 'none has one of its hosts',
};

function readRule(draft: Draft, object: KubernetesObject, path: Path, outer: readonly Problem[]): HttpRule {
  const { document } = object.source;
  const { value, problems, writtenPath } = readObject(httpRouteRuleSchema, { document, path }, others);
  const found = [
    ...problems,
    ...findFilterProblems(object, value.filters ?? [], (index) => writtenPath(['filters', index])),
  ];
  draft.problems.push(...found);
  return { value, errors: [...outer, ...errorsOf(found)], path, writtenPath };
}

function addRouter(
  draft: Draft,
  object: KubernetesObject,
  { value: { filters = [] }, errors, path, writtenPath }: HttpRule,
  match: RouteMatch,
  {
    name,
    service,
    attachment: { listener, hostnames },
    precedence,
  }: {
    readonly name: string;
    readonly service: string;
    readonly attachment: ListenerAttachment;
    readonly precedence: number;
  },
): void {
  const { document } = object.source;
  const { rule, priority } = toMatchRule(hostnames, match);
  const middlewares = addFilters(draft, object, name, filters, {
    path: match.path,
    pathOf: (index) => writtenPath(['filters', index]),
  });
  addEntry(draft, draft.routers, {
    name,
    place: document.placeOf(path),
    errors,
    rule,
    rulePlace: () => document.placeOf(path),
    entryPointPlace: () => document.placeOf(path),
    entryPoints: [],
    middlewares,
    service,
    priority: priority + precedence,
    tls: listener.tls,
    tlsOptions: undefined,
    listener: {
      port: listener.port,
      tls: listener.tls,
      ...(listener.hasCertificates && { hasCertificates: true }),
    },
  });
}

function toTarget(
  { namespace }: KubernetesObject,
  { value: { backendRefs = [] }, path, writtenPath }: HttpRule,
  name: string,
  lookUp: LookUp<GatewayLookUps>,
): HttpTarget {
  return {
    name,
    path,
    backends: backendRefs.map((reference, index) => ({
      reference,
      path: writtenPath(['backendRefs', index]),
      fault: findFault(namespace, reference, lookUp),
    })),
  };
}

function findFault(
  namespace: string,
  { group, kind, name, namespace: of = namespace, port }: BackendRef,
  lookUp: LookUp<GatewayLookUps>,
): HttpTarget['backends'][number]['fault'] {
  if (!isCoreGroup(group) || kind !== 'Service')
    return { code: 'unsupported_backend', message: `expected a Service, got ${kind} of ${group}` };
  if (port === undefined) return { code: 'missing_option', message: 'a Service requires a port' };
  return of === namespace ||
    isGranted(lookUp('grants', of), { kind: 'HTTPRoute', namespace }, { kind: 'Service', name })
    ? undefined
    : {
        code: 'cross_namespace',
        message: `no ReferenceGrant of the namespace ${of} lets HTTPRoutes of ${namespace} refer to the Service ${name}`,
      };
}

/** Adds the services of the rules of an HTTPRoute, with their Services by weight. */
export function addHttpServices(
  draft: Draft,
  object: KubernetesObject,
  catalog: ServiceCatalog,
  targets: readonly HttpTarget[],
): void {
  const { document } = object.source;
  for (const { name, path, backends } of targets) {
    const place = document.placeOf(path);
    if (backends.length === 0) {
      // A redirect needs no Service; any other rule without one refuses requests.
      addEntry(draft, draft.services, {
        ...plain,
        kind: 'loadBalancer',
        name,
        place,
        errors: [],
        servers: [],
      });
      continue;
    }
    const services = backends.map((backend, index) => {
      const own = name.replace('@', `-${index}@`);
      addEntry(draft, draft.services, toLoadBalancer(draft, object, catalog, own, backend));
      return { name: own, weight: backend.reference.weight };
    });
    addEntry(draft, draft.services, {
      kind: 'weighted',
      name,
      place,
      errors: [],
      services,
      sticky: undefined,
    });
  }
}

const plain = {
  passHostHeader: true,
  serversTransport: undefined,
  healthCheck: undefined,
  sticky: undefined,
} as const;

function toLoadBalancer(
  draft: Draft,
  { namespace, source }: KubernetesObject,
  catalog: ServiceCatalog,
  name: string,
  { reference, path, fault: refused }: HttpTarget['backends'][number],
): LoadBalancerConfig {
  const { document } = source;
  const { servers = [], fault } =
    refused === undefined
      ? findServers(catalog, {
          namespace: reference.namespace ?? namespace,
          name: reference.name,
          port: reference.port,
          scheme: undefined,
          usesAppProtocol: true,
          allowExternalNameServices: originOf(source).allowExternalNameServices,
        })
      : { fault: refused };
  const errors = fault === undefined ? [] : [createProblem(document, [...path, 'name'], fault)];
  draft.problems.push(...errors);
  return { ...plain, kind: 'loadBalancer', name, place: document.placeOf(path), errors, servers };
}
