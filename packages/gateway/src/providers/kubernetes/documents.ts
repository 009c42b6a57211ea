import { isDeepStrictEqual } from 'node:util';
import type { Document, Origin } from '../../config/document.ts';
import { isMapping, valueAt } from '../../config/path.ts';
import type { ObjectName, Place } from '../../config/place.ts';
import type { KubernetesProviderConfig } from '../../config/kubernetes-config.ts';
import { classAnnotation } from '../translate/kubernetes/ingress-class.ts';
import { knownNames } from '../translate/kubernetes/known-names.ts';
import type { ApiObject } from './api-object.ts';
import { findPruned } from './pruned.ts';
import type { Resource } from './resources.ts';
import { toApiVersion } from './resources.ts';

/** The cached part of a cluster object. */
export interface ClusterObject {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Generation of its `spec`; 0: none. */
  readonly generation: number;
  readonly resource: Resource;
  /** The same object while the parts that are read here are unchanged. */
  readonly document: Document;
}

/** Parts to keep, by kind; the rest of an object is dropped on arrival. */
const fields: Readonly<Record<string, readonly string[]>> = {
  IngressRoute: ['spec'],
  Middleware: ['spec'],
  TLSOption: ['spec'],
  TLSStore: ['spec'],
  ServersTransport: ['spec'],
  TraefikService: ['spec'],
  Ingress: ['spec'],
  IngressClass: ['spec'],
  GatewayClass: ['spec'],
  Gateway: ['spec'],
  HTTPRoute: ['spec'],
  ReferenceGrant: ['spec'],
  Service: ['spec'],
  EndpointSlice: ['addressType', 'endpoints', 'ports'],
  Secret: ['data'],
  ConfigMap: ['data'],
};

/** The position of an object, with `kubernetes/Middleware/apps/keys` as its file name. */
export const placeOf = ({ kind, namespace, name }: ObjectName): Place => ({
  file: ['kubernetes', kind, namespace, name].filter((part) => part !== '').join('/'),
  line: 0,
  column: 0,
});

/** Parts of an arriving object to keep; undefined: none, it is not served here. Returns `before` when they are unchanged. */
export type Keep = (
  resource: Resource,
  object: ApiObject,
  before: ClusterObject | undefined,
) => ClusterObject | undefined;

export function createKeep({ crd, ingress }: Pick<KubernetesProviderConfig, 'crd' | 'ingress'>): Keep {
  const ofRoutes = toTrust({
    allowCrossNamespace: crd?.allowCrossNamespace ?? false,
    allowExternalNameServices: crd?.allowExternalNameServices ?? false,
    defaultTlsNamespace: crd?.defaultTlsNamespace ?? '',
  });
  const ofIngresses = toTrust({
    allowCrossNamespace: ingress?.allowCrossNamespace ?? false,
    allowExternalNameServices: ingress?.allowExternalNameServices ?? false,
    strictPrefixMatching: ingress?.strictPrefixMatching ?? false,
  });
  const others = toTrust({});
  const trust: Readonly<Record<string, DocumentTrust>> = {
    IngressRoute: ofRoutes,
    Middleware: { ...ofRoutes, localReferences: crd?.localReferences },
    TLSOption: ofRoutes,
    TLSStore: ofRoutes,
    ServersTransport: ofRoutes,
    TraefikService: ofRoutes,
    Ingress: ofIngresses,
  };
  return (resource, object, before) =>
    resource.kind === 'IngressRoute' && !isOfClass(object.raw, crd?.ingressClass ?? '')
      ? undefined
      : keepObject(resource, object, trust[resource.kind] ?? others, before);
}

type DocumentTrust = Pick<Document, 'localReferences'> & { readonly origin: Origin };

const toTrust = (origin: Partial<Origin>): DocumentTrust => ({
  origin: Object.freeze({
    allowCrossNamespace: false,
    allowExternalNameServices: false,
    requireEndpointSlices: true,
    strictPrefixMatching: false,
    defaultTlsNamespace: '',
    ...origin,
  }),
});

/**
 * The part of an object to keep: its content, its labels, and annotations about how to serve it. Versions, managed fields, status and
 * other annotations, which may contain a copy of the whole manifest, are dropped; for Traefik's kinds, they reveal the fields that the
 * API server has dropped.
 */
function keepObject(
  resource: Resource,
  { metadata: { namespace, name, uid, generation }, raw }: ApiObject,
  trust: DocumentTrust,
  before: ClusterObject | undefined,
): ClusterObject {
  const labels = valueAt(raw, ['metadata', 'labels']);
  const annotations = findAnnotations(resource, raw);
  // Every definition keeps the content of `plugin`; other missing parts of a Middleware make it refuse.
  const known = knownNames.get(resource.kind);
  const pruned = known && findPruned(raw, (name) => known.has(name));
  const value = {
    apiVersion: toApiVersion(resource),
    kind: resource.kind,
    metadata: {
      name,
      ...(namespace !== '' && { namespace }),
      ...(isMapping(labels) && { labels }),
      ...(annotations !== undefined && { annotations }),
    },
    ...Object.fromEntries(
      (fields[resource.kind] ?? []).flatMap((field) =>
        Object.hasOwn(raw, field) ? [[field, raw[field]]] : [],
      ),
    ),
  };
  if (
    before?.uid === uid &&
    before.generation === generation &&
    isDeepStrictEqual(before.document.value, value) &&
    isDeepStrictEqual(before.document.pruned, pruned)
  )
    return before;
  const object = Object.freeze({ kind: resource.kind, namespace, name });
  const place = Object.freeze({ ...placeOf(object), object });
  return {
    namespace,
    name,
    uid,
    generation,
    resource,
    document: {
      file: place.file,
      value,
      ...(pruned !== undefined && { pruned }),
      ...trust,
      placeOf: () => place,
    },
  };
}

/** Annotations of an Ingress or a Service that affect routing; undefined: none. */
function findAnnotations({ kind }: Resource, raw: unknown): Readonly<Record<string, unknown>> | undefined {
  if (kind !== 'Ingress' && kind !== 'Service') return undefined;
  const all = valueAt(raw, ['metadata', 'annotations']);
  const own = Object.entries(isMapping(all) ? all : {}).filter(
    ([name]) => name === classAnnotation || name.includes('ingress.kubernetes.io/'),
  );
  return own.length === 0 ? undefined : Object.fromEntries(own);
}

/**
 * As in Traefik 3.7: with a class, only its IngressRoutes; without one, those that name none or `traefik`. The field takes precedence
 * over the annotation, even if it is empty.
 */
function isOfClass(raw: unknown, ingressClass: string): boolean {
  const written = classOf(raw);
  return written === ingressClass || (ingressClass === '' && written === 'traefik');
}

/** Empty: none. */
export const classOf = (raw: unknown): unknown =>
  valueAt(raw, ['spec', 'ingressClassName']) ??
  valueAt(raw, ['metadata', 'annotations', classAnnotation]) ??
  '';
