import type { Document } from '../../../config/document.ts';
import { createMapAgain, findChanges } from '../../../reload/list-changes.ts';
import type { Problem } from '../../../config/place.ts';
import type { Draft } from '../draft.ts';
import type { Part } from '../part.ts';
import { addPart, createPart } from '../part.ts';
import type { Targets } from './ingress-route.ts';
import { addIngressRoute, addServices } from './ingress-route.ts';
import { addMiddleware } from './middlewares.ts';
import type { Kind, KubernetesObject } from './objects.ts';
import { readObjects } from './objects.ts';
import { createReadSecrets } from './secrets.ts';
import type { Behind, ServiceCatalog } from './servers.ts';
import { createReadServices, isSameBehind, lookBehind } from './servers.ts';

/**
 * Translates Kubernetes manifests: all together, for they refer to each other across files. Those that were there before are not
 * read again; a route is, when a Service that it leads to is another.
 */
export function createTranslateManifests(): (documents: readonly Document[], draft: Draft) => void {
  const readManifests = createMapAgain(readManifest);
  const readSecrets = createReadSecrets();
  const readServices = createReadServices();
  const toParts = createToParts();
  return (documents, draft) => {
    const objects: Objects = { secrets: [], services: [], routes: [] };
    for (const manifest of readManifests(documents)) {
      for (const problem of manifest.problems) draft.problems.push(problem);
      for (const object of manifest.objects) objects[groups[object.kind]].push(object);
    }
    const secrets = readSecrets(objects.secrets);
    const services = readServices(objects.services);
    draft.secrets = secrets.values;
    for (const { problems } of [secrets, services])
      for (const problem of problems) draft.problems.push(problem);
    for (const part of toParts(objects.routes, services.catalog)) addPart(draft, part);
  };
}

interface Manifest {
  readonly objects: readonly KubernetesObject[];
  readonly problems: readonly Problem[];
}

function readManifest(document: Document): Manifest {
  const problems: Problem[] = [];
  return { objects: readObjects({ document, path: [] }, problems), problems };
}

/** Objects that are read together. */
type Objects = Readonly<Record<(typeof groups)[Kind], KubernetesObject[]>>;

const groups = {
  Secret: 'secrets',
  Service: 'services',
  EndpointSlice: 'services',
  Middleware: 'routes',
  IngressRoute: 'routes',
} as const satisfies Record<Kind, string>;

/** A Middleware, or the routers of an IngressRoute. */
interface RoutePart {
  readonly object: KubernetesObject;
  readonly part: Part;
  readonly targets: readonly Targets[];
}

/** The services of an IngressRoute. */
interface ServicePart {
  readonly part: Part;
  /** What stood behind them. */
  readonly behind: readonly Behind[];
}

/** Translates Middlewares and IngressRoutes, each once; their services once until what stands behind them is another. */
function createToParts() {
  const readRoutes = createMapAgain(readRoute);
  const known = new WeakMap<RoutePart, ServicePart>();
  const toServices = (route: RoutePart, catalog: ServiceCatalog): ServicePart => {
    const last = known.get(route);
    if (last?.behind.every((one) => isSameBehind(one, lookBehind(catalog, one.id))) === true) return last;
    const ids = new Set<string>();
    const part = createPart((draft) => {
      for (const targets of route.targets)
        addServices(draft, route.object, { ...catalog, onLookUp: (id) => ids.add(id) }, targets);
    });
    const now = { part, behind: Array.from(ids, (id) => lookBehind(catalog, id)) };
    known.set(route, now);
    return now;
  };
  let before: {
    readonly routes: readonly RoutePart[];
    readonly services: readonly ServicePart[];
    readonly catalog: ServiceCatalog | undefined;
  } = { routes: [], services: [], catalog: undefined };
  return (objects: readonly KubernetesObject[], catalog: ServiceCatalog): readonly Part[] => {
    const routes = readRoutes(objects);
    const { placeBefore } = findChanges(before.routes, routes);
    const services = routes.map((route, index) => {
      const last = catalog === before.catalog ? before.services[placeBefore(index)] : undefined;
      return last ?? toServices(route, catalog);
    });
    before = { routes, services, catalog };
    return [...routes, ...services].map(({ part }) => part);
  };
}

function readRoute(object: KubernetesObject): RoutePart {
  let targets: readonly Targets[] = [];
  const part = createPart((draft) => {
    if (object.kind === 'Middleware') addMiddleware(draft, object);
    else targets = addIngressRoute(draft, object);
  });
  return { object, part, targets };
}
