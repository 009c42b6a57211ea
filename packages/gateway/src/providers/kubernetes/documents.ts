import { isDeepStrictEqual } from 'node:util';
import type { Document, Origin } from '../../config/document.ts';
import { isMapping, valueAt } from '../../config/path.ts';
import type { ObjectName, Place } from '../../config/place.ts';
import type { KubernetesProviderConfig } from '../../config/install.ts';
import { knownNames } from '../translate/kubernetes/known-names.ts';
import type { ApiObject } from './api-object.ts';
import { findPruned } from './pruned.ts';
import type { Resource } from './resources.ts';
import { toApiVersion } from './resources.ts';

/** What is kept of an object of the cluster. */
export interface ClusterObject {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resource: Resource;
  /** The same one as long as nothing has changed of what is read here. */
  readonly document: Document;
}

/** Of each kind, what is read; the rest of an object is dropped as it arrives. */
const fields: Readonly<Record<string, readonly string[]>> = {
  IngressRoute: ['spec'],
  Middleware: ['spec'],
  Service: ['spec'],
  EndpointSlice: ['addressType', 'endpoints', 'ports'],
  Secret: ['data'],
};

/** The place of an object: `kubernetes/Middleware/apps/keys` stands for the file. */
export const placeOf = ({ kind, namespace, name }: ObjectName): Place => ({
  file: `kubernetes/${kind}/${namespace}/${name}`,
  line: 0,
  column: 0,
});

/** Of an object that arrives, what is kept; undefined: nothing, it is not for us. `before` when nothing has changed of that. */
export type Keep = (
  resource: Resource,
  object: ApiObject,
  before: ClusterObject | undefined,
) => ClusterObject | undefined;

export function createKeep({
  ingressClass,
  allowCrossNamespace,
  allowExternalNameServices,
  localReferences,
}: Pick<
  KubernetesProviderConfig,
  'ingressClass' | 'allowCrossNamespace' | 'allowExternalNameServices' | 'localReferences'
>): Keep {
  const origin = Object.freeze({
    allowCrossNamespace,
    allowExternalNameServices,
    requireEndpointSlices: true,
  });
  return (resource, object, before) =>
    resource.kind === 'IngressRoute' && !isOfClass(object.raw, ingressClass)
      ? undefined
      : keepObject(resource, object, { origin, localReferences }, before);
}

/**
 * What is kept of an object: its own part and its labels. Versions, managed fields, status and annotations, which may hold a copy of
 * the whole manifest, are not; of an IngressRoute, they say what the API server has dropped.
 */
function keepObject(
  resource: Resource,
  { metadata: { namespace, name, uid }, raw }: ApiObject,
  trust: Pick<Document, 'localReferences'> & { readonly origin: Origin },
  before: ClusterObject | undefined,
): ClusterObject {
  const labels = valueAt(raw, ['metadata', 'labels']);
  // A Middleware keeps what stands below `plugin` in every definition; what else is missing there makes it refuse.
  const pruned =
    resource.kind === 'IngressRoute' ? findPruned(raw, (name) => knownNames.has(name)) : undefined;
  const value = {
    apiVersion: toApiVersion(resource),
    kind: resource.kind,
    metadata: { name, namespace, ...(isMapping(labels) && { labels }) },
    ...Object.fromEntries(
      (fields[resource.kind] ?? []).flatMap((field) =>
        Object.hasOwn(raw, field) ? [[field, raw[field]]] : [],
      ),
    ),
  };
  if (
    before?.uid === uid &&
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

/**
 * As in Traefik 3.7: with a class its IngressRoutes alone; without one those that name none, or `traefik`. A field that is there,
 * even empty, wins over the annotation.
 */
function isOfClass(raw: unknown, ingressClass: string): boolean {
  const written = classOf(raw);
  return written === ingressClass || (ingressClass === '' && written === 'traefik');
}

/** Empty: none. */
export const classOf = (raw: unknown): unknown =>
  valueAt(raw, ['spec', 'ingressClassName']) ??
  valueAt(raw, ['metadata', 'annotations', 'kubernetes.io/ingress.class']) ??
  '';
