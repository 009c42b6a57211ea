import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import type { CertificateConfig } from '../../../config/dynamic.ts';
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
import type { ReferenceGrant } from './grants.ts';
import type { ListenerLookUps } from './listener-tls.ts';
import { readListenerTls } from './listener-tls.ts';

const controllers: ReadonlySet<unknown> = new Set([
  'grantgate.dev/gateway-controller',
  'traefik.io/gateway-controller',
]);

/** Whether a GatewayClass with this controller is served. */
export const isOwnController = (controllerName: unknown): boolean => controllers.has(controllerName);

/** Classes that are served in files, where no GatewayClass names their controller. */
const ownClasses: ReadonlySet<string> = new Set(['grantgate', 'traefik']);

/** A listener of a Gateway. */
export interface GatewayListener {
  readonly name: string;
  readonly hostname: string | undefined;
  readonly port: number;
  readonly tls: boolean;
  /** Whether it has its own certificates. */
  readonly hasCertificates: boolean;
  readonly allowed: z.output<typeof listenerSchema>['allowedRoutes'];
}

/** A Gateway that is served. */
export interface GatewayObject {
  readonly namespace: string;
  readonly name: string;
  readonly controller: string;
  readonly listeners: readonly GatewayListener[];
}

/** Look-ups of HTTPRoutes. A `type`, because `createDerive` requires an index signature. */
export type GatewayLookUps = {
  /** Gateways that are served, by `namespace/name`. */
  readonly gateways: ReadonlyMap<string, GatewayObject>;
  /** By namespace. */
  readonly grants: ReadonlyMap<string, readonly ReferenceGrant[]>;
  /** Labels of namespaces, by name. */
  readonly namespaces: ReadonlyMap<string, KubernetesObject['labels']>;
};

export interface GatewayApiResult {
  readonly api: GatewayLookUps;
  /** Certificates of the served listeners. */
  readonly certificates: readonly CertificateConfig[];
  readonly problems: readonly Problem[];
}

interface GatewayResult {
  readonly id: string;
  /** Undefined for a Gateway of another controller, or a broken one. */
  readonly gateway: GatewayObject | undefined;
  readonly certificates: readonly CertificateConfig[];
  readonly problems: readonly Problem[];
}

/** Look-ups of Gateways. */
type GatewayNames = ListenerLookUps & { readonly classes: ReadonlyMap<string, string> };

/** Reads Gateways and related objects; without changes, it returns the same maps. */
export function createReadGatewayApi(): (
  objects: readonly KubernetesObject[],
  secrets: ListenerLookUps['secrets'],
) => GatewayApiResult {
  // A Secret with a new certificate must not cause every HTTPRoute to be read again.
  const readGateways = createDerive<KubernetesObject, GatewayNames, GatewayResult>((object, lookUp, last) => {
    const now = readGateway(object, lookUp);
    return last !== undefined && isDeepStrictEqual(now, last) ? last : now;
  });
  const readGrants = createDerive(readGrant);
  const ofKind = (objects: readonly KubernetesObject[], kind: string): readonly KubernetesObject[] =>
    objects.filter((object) => object.kind === kind);
  let before: GatewayLookUps | undefined;
  let classesBefore: ReadonlyMap<string, string> | undefined;
  return (objects, secrets) => {
    const classes = keepMap(classesBefore, new Map(ofKind(objects, 'GatewayClass').map(readClass)));
    classesBefore = classes;
    const grants = readGrants(ofKind(objects, 'ReferenceGrant'), {});
    const granted = keepGrants(before?.grants, grants);
    const read = readGateways(ofKind(objects, 'Gateway'), { classes, secrets, grants: granted });
    const api = {
      gateways: keepMap(
        before?.gateways,
        new Map(read.flatMap(({ id, gateway }) => (gateway === undefined ? [] : [[id, gateway] as const]))),
      ),
      grants: granted,
      namespaces: keepMap(
        before?.namespaces,
        new Map(ofKind(objects, 'Namespace').map(({ name, labels }) => [name, labels])),
      ),
    };
    before = api;
    return {
      api,
      certificates: read.flatMap(({ certificates }) => certificates),
      problems: [...read, ...grants].flatMap(({ problems }) => problems),
    };
  };
}

function readClass({ name, source }: KubernetesObject): readonly [string, string] {
  return [name, readObject(gatewayClassSchema, source).value.spec?.controllerName ?? ''];
}

function readGateway(
  { namespace, name, source }: KubernetesObject,
  lookUp: LookUp<GatewayNames>,
): GatewayResult {
  const id = `${namespace}/${name}`;
  const { value, problems: found, writtenPath } = readObject(gatewaySchema, source);
  const { gatewayClassName = '', listeners: written = [] } = value.spec ?? {};
  const controller = lookUp('classes', gatewayClassName) ?? ownController(source, gatewayClassName);
  // Other controllers have their own Gateways.
  if (controller === undefined || !controllers.has(controller))
    return { id, gateway: undefined, certificates: [], problems: [] };
  const verifiesCallers = value.spec?.tls?.frontend !== undefined;
  const problems = [...found];
  if (verifiesCallers)
    problems.push(
      createProblem(source.document, writtenPath(['spec', 'tls', 'frontend']), {
        code: 'unsupported_option',
        message:
          'frontend is not supported, so listeners with HTTPS are not served: use a TLSOption with clientAuth',
        part: 'key',
      }),
    );
  const certificates: CertificateConfig[] = [];
  const listeners = written.flatMap((_, index): GatewayListener | readonly [] => {
    const path = writtenPath(['spec', 'listeners', index]);
    const read = readObject(listenerSchema, { document: source.document, path });
    problems.push(...read.problems);
    if (!read.whole) return [];
    const { protocol, hostname, port, allowedRoutes, ...listener } = read.value as z.output<
      typeof listenerSchema
    >;
    if (protocol === 'HTTP' || protocol === 'HTTPS') {
      const tls = readListenerTls({ namespace, source }, listener.tls, {
        path: read.writtenPath(['tls']),
        lookUp,
      });
      problems.push(...tls.problems);
      if (errorsOf(tls.problems).length > 0 || (verifiesCallers && protocol === 'HTTPS')) return [];
      if (protocol === 'HTTPS') certificates.push(...tls.certificates);
      return {
        name: listener.name,
        hostname,
        port,
        tls: protocol === 'HTTPS',
        hasCertificates: tls.certificates.length > 0,
        allowed: allowedRoutes,
      };
    }
    problems.push(
      createProblem(source.document, read.writtenPath(['protocol']), {
        severity: 'warning',
        code: 'unsupported_option',
        message: `listeners of the protocol ${protocol} are not served: expected HTTP or HTTPS`,
      }),
    );
    return [];
  });
  return { id, gateway: Object.freeze({ namespace, name, controller, listeners }), certificates, problems };
}

/** In a cluster, a class has a GatewayClass. */
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
