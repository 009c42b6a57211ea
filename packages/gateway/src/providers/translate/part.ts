import type {
  CertificateConfig,
  MiddlewareConfig,
  RouterConfig,
  ServersTransportConfig,
  ServiceConfig,
  TlsOptionsConfig,
  TlsStoreConfig,
} from '../../config/dynamic.ts';
import type { Problem } from '../../config/place.ts';
import { errorsOf } from '../../config/problem.ts';
import type { Draft, Mention } from './draft.ts';
import { addEntry, createDraft } from './draft.ts';
import { isOfKubernetes } from './kubernetes/names.ts';

/** The contribution of a document, or of an object in it, to a configuration. Read once and reused while unchanged. */
export interface ConfigurationPart {
  readonly routers: readonly RouterConfig[];
  readonly services: readonly ServiceConfig[];
  readonly middlewares: readonly MiddlewareConfig[];
  readonly certificates: readonly CertificateConfig[];
  readonly stores: readonly TlsStoreConfig[];
  readonly tlsOptions: readonly TlsOptionsConfig[];
  readonly serversTransports: readonly ServersTransportConfig[];
  readonly objects: readonly (readonly [key: string, object: string])[];
  readonly mentions: readonly Mention[];
  readonly problems: readonly Problem[];
}

/** @param read adds the content to a separate draft. */
export function createPart(read: (draft: Draft) => void): ConfigurationPart {
  const draft = createDraft();
  read(draft);
  return {
    routers: freezeEntries(draft.routers),
    services: freezeEntries(draft.services),
    middlewares: freezeEntries(draft.middlewares),
    certificates: draft.certificates,
    stores: freezeEntries(draft.stores),
    tlsOptions: freezeEntries(draft.tlsOptions),
    serversTransports: freezeEntries(draft.serversTransports),
    objects: [...draft.objects],
    mentions: draft.mentions,
    problems: draft.problems,
  };
}

function freezeEntries<T extends { readonly errors: readonly Problem[] }>(
  entries: ReadonlyMap<string, T>,
): readonly T[] {
  return Array.from(entries.values(), (entry) =>
    Object.freeze({ ...entry, errors: Object.freeze(errorsOf(entry.errors)) }),
  );
}

/** Adds a part; its entries stay the same objects unless another entry has the same name. */
export function addPart(draft: Draft, part: ConfigurationPart): void {
  for (const problem of part.problems) draft.problems.push(problem);
  for (const mention of part.mentions) draft.mentions.push(mention);
  for (const [key, object] of part.objects) if (!draft.objects.has(key)) draft.objects.set(key, object);
  draft.certificates.push(...part.certificates);
  for (const store of part.stores) addEntry(draft, draft.stores, store);
  for (const options of part.tlsOptions) addEntry(draft, draft.tlsOptions, options);
  for (const transport of part.serversTransports) addEntry(draft, draft.serversTransports, transport);
  for (const middleware of part.middlewares) addEntry(draft, draft.middlewares, middleware);
  // A Kubernetes route that is defined twice is reported once, as a router; its service has the router's name. Ingresses
  // share services.
  for (const service of part.services)
    if (!isOfKubernetes(service.name) || !draft.services.has(service.name))
      addEntry(draft, draft.services, service);
  for (const router of part.routers) addEntry(draft, draft.routers, router);
}
