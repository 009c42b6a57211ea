import type { Document } from '../../../config/document.ts';
import { createDerive, createMapAgain, type LookUp } from '../../../reload/derive.ts';
import { keepMap } from '../../../reload/list-changes.ts';
import { valueAt } from '../../../config/path.ts';
import type { Problem } from '../../../config/place.ts';
import { createProblem } from '../../../config/problem.ts';
import type { Parts } from '../../../reload/turns.ts';
import type { Draft } from '../draft.ts';
import type { ConfigurationPart } from '../part.ts';
import { addPart, createPart } from '../part.ts';
import type { ConfigMapLookUps } from './config-maps.ts';
import { createReadConfigMaps } from './config-maps.ts';
import type { GatewayLookUps } from './gateways.ts';
import { createReadGatewayApi } from './gateways.ts';
import { addHttpRoute, addHttpServices } from './http-route.ts';
import { addIngress, addIngressServices } from './ingress.ts';
import { ingressClassOf, isOfIngressClass, isOwnIngressClass } from './ingress-class.ts';
import { addIngressRoute } from './ingress-route.ts';
import { addMiddleware } from './middlewares.ts';
import type { ManifestKind, KubernetesObject } from './objects.ts';
import { readObjects } from './objects.ts';
import { createReadSecrets } from './secrets.ts';
import type { ServiceCatalog } from './servers.ts';
import { createReadServices } from './servers.ts';
import { addServersTransport } from './servers-transports.ts';
import type { Targets } from './targets.ts';
import { addServices } from './targets.ts';
import { addTlsOption, addTlsStore } from './tls-objects.ts';
import { addTraefikService } from './traefik-services.ts';

export type TranslateManifests = (documents: readonly Document[], draft: Draft) => Parts;

/**
 * Translates Kubernetes manifests together, because they refer to each other across files. Unchanged manifests are not read again,
 * except for a route when a Service that it uses has changed.
 */
export function createTranslateManifests(): TranslateManifests {
  const readManifests = createMapAgain(readManifest);
  const readSecrets = createReadSecrets();
  const readServices = createReadServices();
  const readGatewayApi = createReadGatewayApi();
  const readClasses = createReadClasses();
  const readConfigMaps = createReadConfigMaps();
  const toParts = createToParts();
  return function* (documents, draft) {
    const objects: ObjectGroups = {
      secrets: [],
      configMaps: [],
      services: [],
      routes: [],
      gateways: [],
      classes: [],
    };
    for (const manifest of readManifests(documents)) {
      for (const problem of manifest.problems) draft.problems.push(problem);
      for (const object of manifest.objects) objects[groups[object.kind]].push(object);
    }
    const secrets = readSecrets(objects.secrets);
    const services = readServices(objects.services);
    const gateways = readGatewayApi(objects.gateways, secrets.values);
    draft.secrets = secrets.values;
    draft.certificates.push(...gateways.certificates);
    for (const { problems } of [secrets, services, gateways])
      for (const problem of problems) draft.problems.push(problem);
    yield;
    const parts = toParts(objects.routes, {
      ...gateways.api,
      classes: readClasses(objects.classes),
      configMaps: readConfigMaps(objects.configMaps),
      catalog: services.catalog,
    });
    yield;
    for (const part of parts) addPart(draft, part);
  };
}

interface ManifestObjects {
  readonly objects: readonly KubernetesObject[];
  readonly problems: readonly Problem[];
}

function readManifest(document: Document): ManifestObjects {
  const problems: Problem[] = [];
  return { objects: readObjects({ document, path: [] }, problems), problems };
}

/** Objects that are read together. */
type ObjectGroups = Readonly<Record<(typeof groups)[ManifestKind], KubernetesObject[]>>;

const groups = {
  Secret: 'secrets',
  ConfigMap: 'configMaps',
  Service: 'services',
  EndpointSlice: 'services',
  Middleware: 'routes',
  TLSOption: 'routes',
  TLSStore: 'routes',
  ServersTransport: 'routes',
  TraefikService: 'routes',
  IngressRoute: 'routes',
  Ingress: 'routes',
  HTTPRoute: 'routes',
  IngressClass: 'classes',
  GatewayClass: 'gateways',
  Gateway: 'gateways',
  ReferenceGrant: 'gateways',
  Namespace: 'gateways',
} as const satisfies Record<ManifestKind, string>;

/** Look-ups of routes. */
type RouteLookUps = GatewayLookUps &
  ConfigMapLookUps & {
    /** Served IngressClasses, by name. */
    readonly classes: ReadonlyMap<string, true>;
  };

/** A Middleware, or the routers of a route, with a function that adds its services. */
interface RoutePart {
  readonly part: ConfigurationPart;
  readonly addServices: (draft: Draft, catalog: ServiceCatalog) => void;
}

/** Translates Middlewares, routes and their services; the servers of a service may change separately. */
function createToParts() {
  const readRoutes = createDerive(readRoute);
  let catalog: ServiceCatalog;
  const toServices = createDerive(
    (
      { addServices }: RoutePart,
      lookUp: LookUp<Pick<ServiceCatalog, 'services' | 'slices'>>,
    ): ConfigurationPart =>
      createPart((draft) => {
        const onLookUp = (id: string): void => {
          lookUp('services', id);
          lookUp('slices', id);
        };
        addServices(draft, { ...catalog, onLookUp });
      }),
  );
  return (
    objects: readonly KubernetesObject[],
    { catalog: now, ...surroundings }: RouteLookUps & { readonly catalog: ServiceCatalog },
  ): readonly ConfigurationPart[] => {
    catalog = now;
    const { services, slices } = catalog;
    const routes = readRoutes(objects, surroundings);
    return [...routes.map(({ part }) => part), ...toServices(routes, { services, slices })];
  };
}

function readRoute(object: KubernetesObject, lookUp: LookUp<RouteLookUps>): RoutePart {
  let addServices: RoutePart['addServices'] = () => {};
  const part = createPart((draft) => {
    addServices = addRoute(draft, object, lookUp);
  });
  return { part, addServices };
}

function addRoute(
  draft: Draft,
  object: KubernetesObject,
  lookUp: LookUp<RouteLookUps>,
): RoutePart['addServices'] {
  if (object.kind === 'Ingress') {
    if (!isOfFiles(draft, object, lookUp)) return () => {};
    const targets = addIngress(draft, object);
    return (to, catalog) => addIngressServices(to, object, catalog, targets);
  }
  if (object.kind === 'HTTPRoute') {
    const targets = addHttpRoute(draft, object, lookUp);
    return (to, catalog) => addHttpServices(to, object, catalog, targets);
  }
  const targets = addCustomResource(draft, object, lookUp);
  return (to, catalog) => targets.forEach((one) => addServices(to, object, catalog, one));
}

/** Adds one of Traefik's objects. @returns its targets. */
function addCustomResource(
  draft: Draft,
  object: KubernetesObject,
  lookUp: LookUp<RouteLookUps>,
): readonly Targets[] {
  switch (object.kind) {
    case 'IngressRoute':
      return addIngressRoute(draft, object);
    case 'TraefikService':
      return [addTraefikService(draft, object)];
    case 'TLSOption':
      addTlsOption(draft, object);
      return [];
    case 'TLSStore':
      addTlsStore(draft, object);
      return [];
    case 'ServersTransport':
      addServersTransport(draft, object, lookUp);
      return [];
    default:
      return addMiddleware(draft, object);
  }
}

/** In a cluster, the provider has already selected by class; a file may contain Ingresses of other controllers. */
function isOfFiles(draft: Draft, { source, name }: KubernetesObject, lookUp: LookUp<RouteLookUps>): boolean {
  const { document, path } = source;
  if (document.origin !== undefined) return true;
  const ingress = valueAt(document.value, path);
  const { name: written } = ingressClassOf(ingress);
  const classes = new Set(lookUp('classes', written) === true ? [written, ...ownClasses] : ownClasses);
  if (written === 'grantgate' || isOfIngressClass(ingress, '', classes)) return true;
  draft.problems.push(
    createProblem(document, path, {
      severity: 'warning',
      code: 'ignored_class',
      message: `the Ingress ${name} is ignored: its class is ${written}`,
    }),
  );
  return false;
}

/** Classes that are served in files without an IngressClass. */
const ownClasses = ['grantgate', 'traefik'];

function createReadClasses(): (objects: readonly KubernetesObject[]) => ReadonlyMap<string, true> {
  let before: ReadonlyMap<string, true> | undefined;
  return (objects) => {
    const own = objects.filter(({ source }) =>
      isOwnIngressClass(valueAt(source.document.value, source.path)),
    );
    before = keepMap(before, new Map(own.map(({ name }) => [name, true as const])));
    return before;
  };
}
