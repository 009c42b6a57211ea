import type { Document } from '../../config/document.ts';
import type { KeptObject } from './documents.ts';
import { ownerOf, secretsOf, servicesOf } from './references.ts';

/** Everything that is known of a cluster. */
export interface Contents {
  readonly ingressRoutes: Iterable<KeptObject>;
  readonly middlewares: Iterable<KeptObject>;
  readonly services: Iterable<KeptObject>;
  readonly endpointSlices: Iterable<KeptObject>;
  readonly secrets: Iterable<KeptObject>;
}

/** `namespace/name` of every Secret that one of the Middlewares refers to. */
export function findSecrets(middlewares: Iterable<KeptObject>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const middleware of middlewares) for (const secret of secretsOf(middleware)) found.add(secret);
  return found;
}

/**
 * The documents of a configuration, in the order of their names, whatever the order in which they became known: copies of a gateway agree.
 * Services that no IngressRoute names are none of our business, nor is what happens to their endpoints.
 */
export function selectDocuments(contents: Contents): readonly Document[] {
  const ingressRoutes = [...contents.ingressRoutes];
  const services = new Set(ingressRoutes.flatMap((route) => [...servicesOf(route)]));
  const selected = [...ingressRoutes, ...contents.middlewares, ...contents.secrets];
  for (const service of contents.services)
    if (services.has(`${service.namespace}/${service.name}`)) selected.push(service);
  for (const slice of contents.endpointSlices) if (services.has(ownerOf(slice))) selected.push(slice);
  return selected
    .map(({ document }) => document)
    .sort(({ file: a }, { file: b }) => (a < b ? -1 : a > b ? 1 : 0));
}
