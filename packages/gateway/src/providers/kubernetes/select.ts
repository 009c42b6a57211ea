import type { Document } from '../../config/document.ts';
import type { KubernetesProviderConfig } from '../../config/kubernetes-config.ts';
import { valueAt } from '../../config/path.ts';
import { createMapAgain } from '../../reload/derive.ts';
import { isOwnController } from '../translate/kubernetes/gateways.ts';
import { isOfIngressClass, isOwnIngressClass } from '../translate/kubernetes/ingress-class.ts';
import type { ClusterObject } from './documents.ts';
import { configMapsOf, ownerOf, secretsOf, servicesOf } from './references.ts';
import { resources, type Resource } from './resources.ts';

/** Resources whose objects determine the configuration. */
const routeResources = [
  ...(['ingressRoutes', 'middlewares', 'tlsOptions', 'tlsStores', 'serversTransports'] as const),
  ...(['traefikServices', 'ingresses', 'ingressClasses', 'gatewayClasses', 'gateways'] as const),
  ...(['httpRoutes', 'referenceGrants', 'namespaces'] as const),
];

/** Their objects, by resource. */
export type RouteObjectLists = Readonly<Record<(typeof routeResources)[number], readonly ClusterObject[]>>;

/** @param of returns the objects of one resource. */
export const toRouteLists = (of: (resource: Resource) => readonly ClusterObject[]): RouteObjectLists =>
  Object.fromEntries(routeResources.map((name) => [name, of(resources[name])])) as RouteObjectLists;

/** The current state of a cluster. */
export interface Contents extends RouteObjectLists {
  readonly services: readonly ClusterObject[];
  readonly endpointSlices: readonly ClusterObject[];
  readonly secrets: readonly ClusterObject[];
  readonly configMaps: readonly ClusterObject[];
}

/** Derives documents from a cluster as it changes; an unchanged object is not read again. */
export interface Select {
  /** `namespace/name` of every Secret that one of the objects refers to; the same set while none of them changes. */
  readonly findSecrets: (objects: RouteObjectLists) => ReadonlySet<string>;
  /** The same for ConfigMaps. */
  readonly findConfigMaps: (objects: RouteObjectLists) => ReadonlySet<string>;
  /**
   * The documents of a configuration, ordered by name and not by arrival, so that all replicas agree. Services that no
   * route names are ignored, including changes of their endpoints; so are Ingresses of other classes.
   */
  readonly selectDocuments: (contents: Contents) => readonly Document[];
}

export function createSelect(config: Pick<KubernetesProviderConfig, 'ingress'>): Select {
  const findSecrets = createUnion(secretsOf);
  const findConfigMaps = createUnion(configMapsOf);
  const findServices = createUnion(servicesOf);
  let sorted: readonly Document[] = [];
  return {
    findSecrets: (lists) =>
      findSecrets([
        ...lists.middlewares,
        ...lists.ingressRoutes,
        ...lists.tlsOptions,
        ...lists.tlsStores,
        ...lists.serversTransports,
        ...selectIngresses(lists, config),
        ...selectGateways(lists),
      ]),
    findConfigMaps: ({ serversTransports }) => findConfigMaps(serversTransports),
    selectDocuments(contents) {
      const { ingressRoutes, middlewares, traefikServices, httpRoutes, services, endpointSlices } = contents;
      const ingresses = selectIngresses(contents, config);
      const wanted = findServices([
        ...ingressRoutes,
        ...middlewares,
        ...traefikServices,
        ...ingresses,
        ...httpRoutes,
      ]);
      const { tlsOptions, tlsStores, serversTransports, secrets, configMaps } = contents;
      const { gatewayClasses, gateways, referenceGrants, namespaces } = contents;
      const selected = new Set<Document>();
      for (const list of [ingressRoutes, middlewares, traefikServices, ingresses, httpRoutes])
        for (const { document } of list) selected.add(document);
      for (const list of [tlsOptions, tlsStores, serversTransports, secrets, configMaps])
        for (const { document } of list) selected.add(document);
      for (const list of [gatewayClasses, gateways, referenceGrants, namespaces])
        for (const { document } of list) selected.add(document);
      for (const { namespace, name, document } of services)
        if (wanted.has(`${namespace}/${name}`)) selected.add(document);
      for (const slice of endpointSlices) if (wanted.has(ownerOf(slice))) selected.add(slice.document);
      return (sorted = sortAgain(sorted, selected));
    },
  };
}

/** Objects of the classes that are served. */
export function selectIngresses(
  { ingresses, ingressClasses }: Pick<Contents, 'ingresses' | 'ingressClasses'>,
  { ingress }: Pick<KubernetesProviderConfig, 'ingress'>,
): readonly ClusterObject[] {
  if (ingress === undefined || ingresses.length === 0) return [];
  const classes = new Set(
    ingressClasses.flatMap(({ name, document }) => (isOwnIngressClass(document.value) ? name : [])),
  );
  return ingresses.filter(({ document }) => isOfIngressClass(document.value, ingress.ingressClass, classes));
}

/** Objects of classes that are served. */
function selectGateways({
  gateways,
  gatewayClasses,
}: Pick<Contents, 'gateways' | 'gatewayClasses'>): readonly ClusterObject[] {
  const classes = new Set(
    gatewayClasses.flatMap(({ name, document }) =>
      isOwnController(valueAt(document.value, ['spec', 'controllerName'])) ? name : [],
    ),
  );
  return gateways.filter(({ document }) => {
    const name = valueAt(document.value, ['spec', 'gatewayClassName']);
    return typeof name === 'string' && classes.has(name);
  });
}

/** All names that any of the objects refers to; the same set while the objects are the same. */
function createUnion(
  namesOf: (object: ClusterObject) => ReadonlySet<string>,
): (objects: readonly ClusterObject[]) => ReadonlySet<string> {
  const findEach = createMapAgain(namesOf);
  let before: readonly ReadonlySet<string>[] = [];
  let union: ReadonlySet<string> = new Set();
  return (objects) => {
    const each = findEach(objects);
    if (each !== before) union = new Set(each.flatMap((names) => [...names]));
    before = each;
    return union;
  };
}

/** Sorts new items, and merges them into the previous order. */
function sortAgain(before: readonly Document[], documents: ReadonlySet<Document>): readonly Document[] {
  const left = new Set(documents);
  const stay = before.filter((document) => left.delete(document));
  const sorted: Document[] = [];
  let at = 0;
  for (const document of [...left].sort(compareFiles)) {
    for (let next = stay[at]; next !== undefined && compareFiles(next, document) <= 0; next = stay[(at += 1)])
      sorted.push(next);
    sorted.push(document);
  }
  return sorted.length === 0 ? stay : [...sorted, ...stay.slice(at)];
}

const compareFiles = ({ file: a }: Document, { file: b }: Document): number => (a < b ? -1 : a > b ? 1 : 0);
