import type { z } from 'zod';
import type { Problem } from '../../../config/place.ts';
import { createProblem, errorsOf } from '../../../config/problem.ts';
import { readObject } from '../../../config/read.ts';
import type { LookUp } from '../../../reload/derive.ts';
import { createDerive } from '../../../reload/derive.ts';
import { keepMap } from '../../../reload/list-changes.ts';
import {
  gatewayClassSchema,
  gatewaySchema,
  listenerSchema,
  referenceGrantSchema,
} from './gateway-schemas.ts';
import type { KubernetesObject } from './objects.ts';

export const gatewayGroup = 'gateway.networking.k8s.io';

const controllers: ReadonlySet<string> = new Set([
  'grantgate.dev/gateway-controller',
  'traefik.io/gateway-controller',
]);

/** Classes that are served where no GatewayClass says whose they are: in files. */
const ownClasses: ReadonlySet<string> = new Set(['grantgate', 'traefik']);

/** A listener of a Gateway. */
export interface GatewayListener {
  readonly name: string;
  readonly hostname: string | undefined;
  readonly port: number;
  readonly tls: boolean;
  readonly allowed: z.output<typeof listenerSchema>['allowedRoutes'];
}

/** A Gateway that is served. */
export interface GatewayObject {
  readonly namespace: string;
  readonly name: string;
  readonly controller: string;
  readonly listeners: readonly GatewayListener[];
}

/** Who may refer to what in a namespace. */
export type ReferenceGrant = z.output<typeof referenceGrantSchema>['spec'];

/** What HTTPRoutes look up; a type, because only those are maps by name to `createDerive`. */
export type GatewayLookUps = {
  /** Those that are served, by `namespace/name`. */
  readonly gateways: ReadonlyMap<string, GatewayObject>;
  /** By namespace. */
  readonly grants: ReadonlyMap<string, readonly ReferenceGrant[]>;
  /** Labels of namespaces, by name. */
  readonly namespaces: ReadonlyMap<string, KubernetesObject['labels']>;
};

export interface GatewayApiResult {
  readonly api: GatewayLookUps;
  readonly problems: readonly Problem[];
}

interface GatewayResult {
  readonly id: string;
  /** Undefined for one of another controller, or a broken one. */
  readonly gateway: GatewayObject | undefined;
  readonly problems: readonly Problem[];
}

type Classes = { readonly classes: ReadonlyMap<string, string> };

/** Reads Gateways and what belongs to them: as long as nothing changes, the same maps. */
export function createReadGatewayApi(): (objects: readonly KubernetesObject[]) => GatewayApiResult {
  const readGateways = createDerive(readGateway);
  const readGrants = createDerive(readGrant);
  const ofKind = (objects: readonly KubernetesObject[], kind: string): readonly KubernetesObject[] =>
    objects.filter((object) => object.kind === kind);
  let before: GatewayLookUps | undefined;
  let classesBefore: ReadonlyMap<string, string> | undefined;
  return (objects) => {
    const classes = keepMap(classesBefore, new Map(ofKind(objects, 'GatewayClass').map(readClass)));
    classesBefore = classes;
    const read = readGateways(ofKind(objects, 'Gateway'), { classes });
    const grants = readGrants(ofKind(objects, 'ReferenceGrant'), {});
    const api = {
      gateways: keepMap(
        before?.gateways,
        new Map(read.flatMap(({ id, gateway }) => (gateway === undefined ? [] : [[id, gateway] as const]))),
      ),
      grants: keepGrants(before?.grants, grants),
      namespaces: keepMap(
        before?.namespaces,
        new Map(ofKind(objects, 'Namespace').map(({ name, labels }) => [name, labels])),
      ),
    };
    before = api;
    return { api, problems: [...read, ...grants].flatMap(({ problems }) => problems) };
  };
}

function readClass({ name, source }: KubernetesObject): readonly [string, string] {
  return [name, readObject(gatewayClassSchema, source).value.spec?.controllerName ?? ''];
}

function readGateway({ namespace, name, source }: KubernetesObject, lookUp: LookUp<Classes>): GatewayResult {
  const id = `${namespace}/${name}`;
  const { value, problems: found, writtenPath } = readObject(gatewaySchema, source);
  const { gatewayClassName = '', listeners: written = [] } = value.spec ?? {};
  const controller = lookUp('classes', gatewayClassName) ?? ownController(source, gatewayClassName);
  // Other controllers have Gateways of their own.
  if (controller === undefined || !controllers.has(controller))
    return { id, gateway: undefined, problems: [] };
  const problems = [...found];
  const listeners = written.flatMap((_, index): GatewayListener | readonly [] => {
    const path = writtenPath(['spec', 'listeners', index]);
    const read = readObject(listenerSchema, { document: source.document, path });
    problems.push(...read.problems);
    if (!read.whole) return [];
    const { protocol, hostname, port, allowedRoutes, ...listener } = read.value as z.output<
      typeof listenerSchema
    >;
    if (protocol === 'HTTP' || protocol === 'HTTPS')
      return { name: listener.name, hostname, port, tls: protocol === 'HTTPS', allowed: allowedRoutes };
    problems.push(
      createProblem(source.document, read.writtenPath(['protocol']), {
        severity: 'warning',
        code: 'unsupported_option',
        message: `listeners of the protocol ${protocol} are not served: expected HTTP or HTTPS`,
      }),
    );
    return [];
  });
  return { id, gateway: Object.freeze({ namespace, name, controller, listeners }), problems };
}

/** In a cluster a class has its GatewayClass. */
const ownController = ({ document }: KubernetesObject['source'], className: string): string | undefined =>
  document.origin === undefined && ownClasses.has(className) ? 'grantgate.dev/gateway-controller' : undefined;

interface GrantResult {
  readonly namespace: string;
  /** Undefined for a broken one, which grants nothing. */
  readonly grant: ReferenceGrant | undefined;
  readonly problems: readonly Problem[];
}

function readGrant({ namespace, source }: KubernetesObject): GrantResult {
  const { value, problems } = readObject(referenceGrantSchema, source);
  return { namespace, grant: errorsOf(problems).length > 0 ? undefined : value.spec, problems };
}

function keepGrants(
  before: GatewayLookUps['grants'] | undefined,
  read: readonly GrantResult[],
): GatewayLookUps['grants'] {
  const grants = new Map<string, readonly ReferenceGrant[]>();
  for (const { namespace, grant } of read)
    if (grant !== undefined) grants.set(namespace, [...(grants.get(namespace) ?? []), grant]);
  for (const [namespace, list] of grants) {
    const last = before?.get(namespace);
    if (last?.length === list.length && last.every((grant, index) => grant === list[index]))
      grants.set(namespace, last);
  }
  return keepMap(before, grants);
}

/** Whether an HTTPRoute of one namespace may refer to a Service of another. */
export function isGranted(
  grants: readonly ReferenceGrant[] | undefined,
  from: string,
  service: string,
): boolean {
  return (grants ?? []).some(
    (grant) =>
      grant.from.some(
        ({ group, kind, namespace }) => group === gatewayGroup && kind === 'HTTPRoute' && namespace === from,
      ) &&
      grant.to.some(
        ({ group, kind, name }) =>
          group === '' && kind === 'Service' && (name === undefined || name === service),
      ),
  );
}
