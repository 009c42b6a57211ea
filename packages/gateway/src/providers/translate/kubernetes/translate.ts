import type { Document } from '../../../config/document.ts';
import { createDerive, createMapAgain, type LookUp } from '../../../reload/derive.ts';
import type { Problem } from '../../../config/place.ts';
import type { Parts } from '../../../reload/turns.ts';
import type { Draft } from '../draft.ts';
import type { ConfigurationPart } from '../part.ts';
import { addPart, createPart } from '../part.ts';
import type { Targets } from './ingress-route.ts';
import { addIngressRoute, addServices } from './ingress-route.ts';
import { addMiddleware } from './middlewares.ts';
import type { ManifestKind, KubernetesObject } from './objects.ts';
import { readObjects } from './objects.ts';
import { createReadSecrets } from './secrets.ts';
import type { ServiceCatalog } from './servers.ts';
import { createReadServices } from './servers.ts';

export type TranslateManifests = (documents: readonly Document[], draft: Draft) => Parts;

/**
 * Translates Kubernetes manifests: all together, for they refer to each other across files. Those that were there before are not
 * read again; a route is, when a Service that it leads to is another.
 */
export function createTranslateManifests(): TranslateManifests {
  const readManifests = createMapAgain(readManifest);
  const readSecrets = createReadSecrets();
  const readServices = createReadServices();
  const toParts = createToParts();
  return function* (documents, draft) {
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
    yield;
    const parts = toParts(objects.routes, services.catalog);
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
type Objects = Readonly<Record<(typeof groups)[ManifestKind], KubernetesObject[]>>;

const groups = {
  Secret: 'secrets',
  Service: 'services',
  EndpointSlice: 'services',
  Middleware: 'routes',
  IngressRoute: 'routes',
} as const satisfies Record<ManifestKind, string>;

/** A Middleware, or the routers of an IngressRoute. */
interface RoutePart {
  readonly object: KubernetesObject;
  readonly part: ConfigurationPart;
  readonly targets: readonly Targets[];
}

/** Translates Middlewares and IngressRoutes, and the services of these; what stands behind a service may be another. */
function createToParts() {
  const readRoutes = createMapAgain(readRoute);
  let catalog: ServiceCatalog;
  const toServices = createDerive(
    (
      { object, targets }: RoutePart,
      lookUp: LookUp<Pick<ServiceCatalog, 'services' | 'slices'>>,
    ): ConfigurationPart =>
      createPart((draft) => {
        const onLookUp = (id: string): void => {
          lookUp('services', id);
          lookUp('slices', id);
        };
        for (const one of targets) addServices(draft, object, { ...catalog, onLookUp }, one);
      }),
  );
  return (objects: readonly KubernetesObject[], now: ServiceCatalog): readonly ConfigurationPart[] => {
    catalog = now;
    const { services, slices } = catalog;
    const routes = readRoutes(objects);
    return [...routes.map(({ part }) => part), ...toServices(routes, { services, slices })];
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
