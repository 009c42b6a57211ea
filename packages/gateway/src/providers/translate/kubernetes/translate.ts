import type { Document } from '../../../config/document.ts';
import type { Draft } from '../draft.ts';
import { addIngressRoute } from './ingress-route.ts';
import { addMiddleware } from './middlewares.ts';
import { readObjects } from './objects.ts';
import { addSecrets } from './secrets.ts';
import { readServices } from './servers.ts';

/** Translates Kubernetes manifests: all together, for they refer to each other across files. */
export function translateManifests(documents: readonly Document[], draft: Draft): void {
  const objects = documents.flatMap((document) => readObjects({ document, path: [] }, draft.problems));
  addSecrets(
    draft,
    objects.filter(({ kind }) => kind === 'Secret'),
  );
  const catalog = readServices(draft, objects);
  for (const object of objects) {
    if (object.kind === 'Middleware') addMiddleware(draft, object);
    else if (object.kind === 'IngressRoute') addIngressRoute(draft, object, catalog);
  }
}
