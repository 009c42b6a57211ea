import type { Document } from '../../../config/document.ts';
import type { Problem } from '../../../config/place.ts';
import type { Draft } from '../draft.ts';
import type { Part } from '../part.ts';
import { addPart, createPart } from '../part.ts';
import { addIngressRoute } from './ingress-route.ts';
import { addMiddleware } from './middlewares.ts';
import type { KubernetesObject } from './objects.ts';
import { readObjects } from './objects.ts';
import { createAddSecrets } from './secrets.ts';
import type { Behind, ServiceCatalog } from './servers.ts';
import { createReadServices, isSameBehind, lookBehind } from './servers.ts';

/**
 * Translates Kubernetes manifests: all together, for they refer to each other across files. Those that were there before are not
 * read again; a route is, when a Service that it leads to is another.
 */
export function createTranslateManifests(): (documents: readonly Document[], draft: Draft) => void {
  const manifests = new WeakMap<Document, Manifest>();
  const parts = new WeakMap<KubernetesObject, RoutePart>();
  const addSecrets = createAddSecrets();
  const readServices = createReadServices();
  const readManifest = (document: Document): Manifest => {
    let manifest = manifests.get(document);
    if (manifest === undefined) {
      const problems: Problem[] = [];
      manifest = { objects: readObjects({ document, path: [] }, problems), problems };
      manifests.set(document, manifest);
    }
    return manifest;
  };
  const partOf = (object: KubernetesObject, catalog: ServiceCatalog): Part => {
    const before = parts.get(object);
    if (before?.behind.every((one) => isSameBehind(one, lookBehind(catalog, one.id))) === true)
      return before.part;
    const ids = new Set<string>();
    const part = createPart((draft) => {
      if (object.kind === 'Middleware') addMiddleware(draft, object);
      else addIngressRoute(draft, object, { ...catalog, onLookUp: (id) => ids.add(id) });
    });
    parts.set(object, { part, behind: Array.from(ids, (id) => lookBehind(catalog, id)) });
    return part;
  };
  return (documents, draft) => {
    const objects: KubernetesObject[] = [];
    for (const document of documents) {
      const manifest = readManifest(document);
      for (const problem of manifest.problems) draft.problems.push(problem);
      for (const object of manifest.objects) objects.push(object);
    }
    addSecrets(
      draft,
      objects.filter(({ kind }) => kind === 'Secret'),
    );
    const catalog = readServices(draft, objects);
    for (const object of objects)
      if (object.kind === 'Middleware' || object.kind === 'IngressRoute')
        addPart(draft, partOf(object, catalog));
  };
}

interface Manifest {
  readonly objects: readonly KubernetesObject[];
  readonly problems: readonly Problem[];
}

interface RoutePart {
  readonly part: Part;
  /** What the services that it leads to were. */
  readonly behind: readonly Behind[];
}
