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

/** What a cluster comes to, as it changes: an object that has not is not looked into again. */
export interface Select {
  /** `namespace/name` of every Secret that one of the Middlewares refers to. */
  readonly findSecrets: (middlewares: Iterable<KeptObject>) => ReadonlySet<string>;
  /**
   * The documents of a configuration, in the order of their names, whatever the order in which they became known: copies of a gateway
   * agree. Services that no IngressRoute names are none of our business, nor is what happens to their endpoints.
   */
  readonly selectDocuments: (contents: Contents) => readonly Document[];
}

export function createSelect(): Select {
  const secretsOfOne = once(secretsOf);
  const servicesOfOne = once(servicesOf);
  let sorted: readonly Document[] = [];
  return {
    findSecrets(middlewares) {
      const found = new Set<string>();
      for (const middleware of middlewares) for (const name of secretsOfOne(middleware)) found.add(name);
      return found;
    },
    selectDocuments(contents) {
      const services = new Set<string>();
      const selected = new Set<Document>();
      for (const route of contents.ingressRoutes) {
        selected.add(route.document);
        for (const name of servicesOfOne(route)) services.add(name);
      }
      for (const { document } of contents.middlewares) selected.add(document);
      for (const { document } of contents.secrets) selected.add(document);
      for (const { namespace, name, document } of contents.services)
        if (services.has(`${namespace}/${name}`)) selected.add(document);
      for (const slice of contents.endpointSlices)
        if (services.has(ownerOf(slice))) selected.add(slice.document);
      return (sorted = sortAgain(sorted, selected));
    },
  };
}

function once<T extends object, R>(find: (thing: T) => R): (thing: T) => R {
  const found = new WeakMap<T, R>();
  return (thing) => {
    let result = found.get(thing);
    if (result === undefined) found.set(thing, (result = find(thing)));
    return result;
  };
}

/** Sorts what is new, and puts it between what was in order before. */
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
