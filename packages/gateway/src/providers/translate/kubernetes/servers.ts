import { isIPv6 } from 'node:net';
import type { z } from 'zod';
import type { ServerConfig, ServerScheme } from '../../../config/dynamic.ts';
import type { Origin } from '../../../config/document.ts';
import type { Place, Problem } from '../../../config/place.ts';
import { readObject } from '../../../config/read.ts';
import { createMapAgain } from '../../../reload/derive.ts';
import { keepList } from '../../../reload/list-changes.ts';
import type { ServiceOptions } from './annotations.ts';
import { readServiceAnnotations } from './annotations.ts';
import type { KubernetesObject } from './objects.ts';
import { originOf } from './objects.ts';
import { endpointSliceSchema, serviceSchema } from './schemas.ts';

type ServiceSpec = z.output<typeof serviceSchema>['spec'];
type Slice = z.output<typeof endpointSliceSchema>;

interface ServiceEntry {
  readonly spec: ServiceSpec;
  /** Settings for Ingresses that use it. */
  readonly options: ServiceOptions;
  readonly origin: Origin;
}

/** The `Service` objects of a configuration, with the `EndpointSlice` objects that belong to them. */
export interface ServiceCatalog {
  /** By `namespace/name`. */
  readonly services: ReadonlyMap<string, ServiceEntry | 'broken'>;
  readonly slices: ReadonlyMap<string, readonly Slice[]>;
  /** Result of `findServers`: many routes may lead to one service. */
  readonly found: Map<string, Servers>;
  /** Called with each service that is looked up, as `namespace/name`. */
  readonly onLookUp?: (id: string) => void;
}

export interface ServiceReference {
  readonly namespace: string;
  readonly name: string;
  readonly port: number | string | undefined;
  readonly scheme: ServerScheme | undefined;
  /** Whether `appProtocol` of the port chooses the scheme, as it does for an HTTPRoute. Default: no. */
  readonly usesAppProtocol?: boolean;
  /** Whether requests go to the Service itself, not to its endpoints. Default: no. */
  readonly nativeLB?: boolean;
  /** Namespace of the referring object. */
  readonly allowExternalNameServices: boolean;
}

export type Servers =
  | { readonly servers: readonly ServerConfig[]; readonly fault?: undefined }
  | { readonly servers?: undefined; readonly fault: { readonly code: string; readonly message: string } };

/** The catalog with its problems. */
export interface ServiceCatalogResult {
  readonly catalog: ServiceCatalog;
  readonly problems: readonly Problem[];
}

/** Reads each `Service` and `EndpointSlice` once; unchanged objects yield the same catalog. */
export function createReadServices(): (objects: readonly KubernetesObject[]) => ServiceCatalogResult {
  const readEach = createMapAgain(readOne);
  let read: readonly ServiceObjectResult[] = [];
  let services = collect(read, new Map());
  return (objects) => {
    const now = readEach(objects);
    if (now !== read) services = collect(now, services.catalog.slices);
    read = now;
    return services;
  };
}

interface ServiceObjectResult {
  /** Name of the service. */
  readonly id: string;
  readonly place: Place;
  readonly problems: readonly Problem[];
  /** Undefined for a slice. */
  readonly service?: ServiceEntry | 'broken';
  readonly slice?: Slice;
}

function readOne(object: KubernetesObject): ServiceObjectResult {
  const { kind, namespace, name, labels, place, source } = object;
  if (kind === 'Service') {
    const { value, whole, problems } = readObject(serviceSchema, source);
    const options = readServiceAnnotations(object);
    const service = whole ? { spec: value.spec as ServiceSpec, options, origin: originOf(source) } : 'broken';
    return { id: `${namespace}/${name}`, place, problems, service };
  }
  const { value, problems, whole } = readObject(endpointSliceSchema, source);
  // A broken slice still shows that the service has slices, so no address is invented for it.
  const empty = { endpoints: [], ports: [] };
  const slice = (whole ? value : { ...value, ...empty }) as Slice;
  return { id: `${namespace}/${labels['kubernetes.io/service-name'] ?? ''}`, place, problems, slice };
}

/** @param before slices of the previous version; unchanged lists stay the same. */
function collect(
  read: readonly ServiceObjectResult[],
  before: ServiceCatalog['slices'],
): ServiceCatalogResult {
  const services = new Map<string, ServiceEntry | 'broken'>();
  const slices = new Map<string, Slice[]>();
  const places = new Map<string, Place>();
  const problems: Problem[] = [];
  for (const { id, place, service, slice, problems: own } of read) {
    problems.push(...own);
    if (slice !== undefined) {
      const list = slices.get(id);
      if (list === undefined) slices.set(id, [slice]);
      else list.push(slice);
    }
    if (service === undefined) continue;
    const first = places.get(id);
    if (first === undefined) places.set(id, place);
    else
      problems.push({
        severity: 'error',
        place,
        code: 'duplicate_name',
        path: 'metadata.name',
        message: `the Service ${id} is already defined at ${first.file}:${first.line}:${first.column}: neither is used`,
      });
    services.set(id, first === undefined ? service : 'broken');
  }
  const kept = new Map(Array.from(slices, ([id, list]) => [id, keepList(before.get(id) ?? [], list)]));
  return { catalog: { services, slices: kept, found: new Map() }, problems };
}

/** Settings for Ingresses that use a Service; undefined when it is missing or broken. */
export function findServiceOptions(
  catalog: ServiceCatalog,
  { namespace, name }: Pick<ServiceReference, 'namespace' | 'name'>,
): ServiceOptions | undefined {
  const id = `${namespace}/${name}`;
  catalog.onLookUp?.(id);
  const known = catalog.services.get(id);
  return known === undefined || known === 'broken' ? undefined : known.options;
}

/**
 * The servers behind a port of a `Service`: the external name, or the ready addresses of its `EndpointSlice` objects. If there are
 * no slices and none are required, it is the service's name in the cluster's DNS.
 */
export function findServers(catalog: ServiceCatalog, wanted: ServiceReference): Servers {
  const { namespace, name, port, scheme, usesAppProtocol, nativeLB, allowExternalNameServices } = wanted;
  catalog.onLookUp?.(`${namespace}/${name}`);
  const key = JSON.stringify([
    ...[namespace, name, port, scheme, usesAppProtocol, nativeLB],
    allowExternalNameServices,
  ]);
  let found = catalog.found.get(key);
  if (found === undefined) catalog.found.set(key, (found = lookUpServers(catalog, wanted)));
  return found;
}

/** Kubernetes treats a quoted number as the name of a port. */
const describePort = (port: number | string): string =>
  typeof port === 'string' && /^\d+$/.test(port)
    ? `named "${port}": write the number without quotes`
    : String(port);

function lookUpServers({ services, slices }: ServiceCatalog, wanted: ServiceReference): Servers {
  const id = `${wanted.namespace}/${wanted.name}`;
  const known = services.get(id);
  if (known === undefined) return toFault('missing_reference', `there is no Service ${id}`);
  if (known === 'broken') return toFault('missing_reference', `the Service ${id} is broken`);
  const { spec: service, origin } = known;
  const port = findPort(service, wanted.port);
  if (port === undefined)
    return toFault(
      'missing_reference',
      wanted.port === undefined
        ? `missing port: the Service ${id} has more than one, or none`
        : `the Service ${id} has no port ${describePort(wanted.port)}`,
    );
  const scheme = schemeOf(wanted, port);
  if (scheme === undefined)
    return toFault(
      'unsupported_value',
      `the port ${port.port} of the Service ${id} has the appProtocol ${port.appProtocol ?? ''}: expected ${[...appProtocols.keys()].join(', ')}`,
    );
  const toServer = (host: string, at: number): ServerConfig => ({
    url: `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${at}`,
    weight: 1,
  });
  if (service.type === 'ExternalName') {
    if (!wanted.allowExternalNameServices)
      return toFault(
        'external_name',
        `the Service ${id} is an ExternalName: allowExternalNameServices is off`,
      );
    return service.externalName === undefined
      ? toFault('missing_option', `the Service ${id} has no spec.externalName`)
      : { servers: [toServer(service.externalName, port.port)] };
  }
  const dnsName = `${wanted.name}.${wanted.namespace}.svc.cluster.local`;
  if (wanted.nativeLB === true) {
    if (service.clusterIP === 'None')
      return toFault(
        'missing_option',
        `the Service ${id} has no address of its own: nativeLB needs a clusterIP`,
      );
    return { servers: [toServer(service.clusterIP ?? dnsName, port.port)] };
  }
  const own = slices.get(id);
  if (own === undefined && origin.requireEndpointSlices) return { servers: [] };
  if (own === undefined) return { servers: [toServer(dnsName, port.port)] };
  const serversOf = (condition: 'ready' | 'serving'): readonly ServerConfig[] =>
    own.flatMap(({ endpoints, ports }) => {
      const target = ports.find(({ name }) => name === port.name)?.port;
      if (target === undefined) return [];
      return endpoints
        .filter(({ conditions }) => conditions[condition])
        .flatMap(({ addresses }) => addresses.map((address) => toServer(address, target)));
    });
  const ready = serversOf('ready');
  // During a roll-out, every endpoint may be terminating for a moment and still serve.
  const hosts = ready.length > 0 ? ready : serversOf('serving');
  return { servers: [...new Map(hosts.map((server) => [server.url, server])).values()] };
}

function findPort(
  { type, ports }: ServiceSpec,
  wanted: number | string | undefined,
): ServicePort | undefined {
  if (wanted === undefined) return ports.length === 1 ? ports[0] : undefined;
  const found = ports.find(({ name, port }) =>
    typeof wanted === 'number' ? port === wanted : name === wanted,
  );
  if (found !== undefined) return found;
  return type === 'ExternalName' && typeof wanted === 'number' && wanted > 0
    ? { name: '', port: wanted }
    : undefined;
}

/** A port of a Service. */
interface ServicePort {
  readonly name: string;
  readonly port: number;
  readonly appProtocol?: string | undefined;
}

/** As in Traefik, the scheme depends on the route, then on the port. @returns undefined for a protocol that is not supported. */
function schemeOf(
  { scheme, usesAppProtocol = false }: ServiceReference,
  { name, port, appProtocol }: ServicePort,
): ServerScheme | undefined {
  if (scheme !== undefined) return scheme;
  if (usesAppProtocol && appProtocol !== undefined) return appProtocols.get(appProtocol.toLowerCase());
  return port === 443 || name.toLowerCase().startsWith('https') ? 'https' : 'http';
}

/** Protocols of KEP-3726 that the Gateway API knows (GEP-1911). */
const appProtocols: ReadonlyMap<string, ServerScheme> = new Map([
  ['http', 'http'],
  ['https', 'https'],
  ['kubernetes.io/h2c', 'h2c'],
  ['kubernetes.io/ws', 'http'],
  ['kubernetes.io/wss', 'https'],
]);

const toFault = (code: string, message: string): Servers => ({ fault: { code, message } });
