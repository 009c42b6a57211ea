import { isDeepStrictEqual } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { inspectedResources } from './inspect.ts';
import type { Resource } from './resources.ts';
import { resources } from './resources.ts';

// The following matches the observed behaviour of kube-apiserver 1.36.0 on 2026-11-29; api-cases.testkit.ts has cases for both.

export interface TestObject {
  apiVersion?: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    managedFields?: readonly object[];
    uid?: string;
    resourceVersion?: string;
    generation?: number;
  };
  [field: string]: unknown;
}

export interface ObjectChange {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: string;
  readonly object: TestObject;
  /** Version before the change. */
  readonly before: TestObject | undefined;
}

/** The objects of a cluster, with their history. */
export interface TestObjects {
  readonly resourceOf: (group: string, version: string, resource: string) => Resource | undefined;
  /** Version of the last change. */
  readonly version: () => number;
  readonly all: (resource: string) => readonly TestObject[];
  readonly find: (resource: string, namespace: string | undefined, name: string) => TestObject | undefined;
  /** Namespaces that have ever had an object. */
  readonly namespaces: ReadonlySet<string>;
  /** Creates or changes the objects of a YAML manifest; objects without a namespace belong to `default`. */
  readonly apply: (manifest: string) => void;
  readonly put: (object: TestObject) => TestObject;
  /** `Middleware`, `apps/auth` */
  readonly remove: (kind: string, key: string) => void;
  /** Changes after a version, as far as they are kept. */
  readonly since: (version: number) => readonly ObjectChange[];
  /** Discards changes up to this version. */
  readonly compacted: () => number;
  readonly compact: () => void;
  readonly onChange: (listener: (change: ObjectChange) => void) => void;
  /** Drops fields with these names from objects applied later, as a definition does that does not declare them. */
  readonly prune: (names: readonly string[]) => void;
}

const known: readonly Resource[] = [...Object.values(resources), ...Object.values(inspectedResources)];
/** Cluster-scoped kinds. */
const clusterWide: ReadonlySet<string> = new Set([
  'CustomResourceDefinition',
  'GatewayClass',
  'IngressClass',
  'Namespace',
]);
/** Kinds whose `spec` has a generation. */
const countsGenerations = ({ apiVersion = '' }: TestObject): boolean =>
  /^(?:traefik\.io|gateway\.networking|networking)/.test(apiVersion);
const toPlural = (kind: string): string => known.find((resource) => resource.kind === kind)?.resource ?? kind;
export const toKind = (resource: string): Resource | undefined =>
  known.find((own) => own.resource === resource);

export function createObjects(): TestObjects {
  const objects = new Map<string, Map<string, TestObject>>(
    known.map(({ resource }) => [resource, new Map()]),
  );
  const namespaces = new Set(['default']);
  const pruned = new Set<string>();
  let changes: ObjectChange[] = [];
  let version = 1000;
  let compacted = 0;
  let listener = (_change: ObjectChange): void => {};
  const of = (resource: string): Map<string, TestObject> => {
    const all = objects.get(resource);
    if (all === undefined) throw new Error(`no resource ${resource}`);
    return all;
  };
  const record = (
    resource: string,
    type: ObjectChange['type'],
    object: TestObject,
    before?: TestObject,
  ): void => {
    version += 1;
    object.metadata.resourceVersion = String(version);
    const change = { version, type, resource, object: structuredClone(object), before };
    changes.push(change);
    listener(change);
  };
  const put = (object: TestObject): TestObject => {
    const resource = toPlural(object.kind);
    const { metadata } = object;
    if (!clusterWide.has(object.kind)) metadata.namespace ??= 'default';
    if (metadata.namespace !== undefined) namespaces.add(metadata.namespace);
    const key = `${metadata.namespace ?? ''}/${metadata.name}`;
    const before = of(resource).get(key);
    if (countsGenerations(object))
      metadata.generation =
        (before?.metadata.generation ?? 0) + Number(!isDeepStrictEqual(before?.['spec'], object['spec']));
    // The status is changed separately.
    if (before?.['status'] !== undefined) object['status'] ??= before['status'];
    metadata.uid = before?.metadata.uid ?? `uid-${object.kind}-${key}-${version}`;
    of(resource).set(key, object);
    record(resource, before === undefined ? 'ADDED' : 'MODIFIED', object, before);
    return object;
  };
  return {
    resourceOf: (group, apiVersion, resource) =>
      known.find((own) => own.resource === resource && own.group === group && own.version === apiVersion),
    version: () => version,
    // In the order of their keys in etcd.
    all: (resource) =>
      Array.from(of(resource))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, object]) => object),
    find: (resource, namespace, name) => of(resource).get(`${namespace ?? ''}/${name}`),
    namespaces,
    apply(manifest) {
      for (const document of parseAllDocuments(manifest)) {
        const object = document.toJS() as TestObject | null;
        if (object !== null) put(toStored(object, pruned));
      }
    },
    put,
    remove(kind, key) {
      const resource = toPlural(kind);
      const object = of(resource).get(key);
      if (object === undefined) throw new Error(`no ${kind} ${key}`);
      of(resource).delete(key);
      record(resource, 'DELETED', object, object);
    },
    since: (from) => changes.filter((change) => change.version > from),
    compacted: () => compacted,
    compact() {
      compacted = version;
      changes = [];
    },
    onChange: (next) => void (listener = next),
    prune: (names) => names.forEach((name) => pruned.add(name)),
  };
}

/** The object that `kubectl apply` without server-side apply sends for a manifest, as the API server stores it. */
function toStored(object: TestObject, pruned: ReadonlySet<string>): TestObject {
  if (object.kind === 'Secret' && object['stringData'] !== undefined) {
    // Plain text is stored as Base64.
    const plain = Object.entries(object['stringData'] as Record<string, string>);
    const encoded = plain.map(([name, text]) => [name, Buffer.from(text).toString('base64')]);
    object['data'] = { ...(object['data'] as object | undefined), ...Object.fromEntries(encoded) };
    delete object['stringData'];
  }
  object.metadata.annotations = {
    'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(object),
    ...object.metadata.annotations,
  };
  // Without client-side validation. Server-side apply rejects undeclared fields.
  if (pruned.size > 0) object['spec'] = withoutNames(object['spec'], pruned);
  // Does not contain dropped fields.
  object.metadata.managedFields ??= [
    {
      manager: 'kubectl-client-side-apply',
      operation: 'Update',
      apiVersion: object.apiVersion,
      fieldsType: 'FieldsV1',
    },
  ];
  return object;
}

function withoutNames(value: unknown, names: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutNames(item, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) =>
      names.has(name) ? [] : [[name, withoutNames(item, names)]],
    ),
  );
}

export type Query = Readonly<Record<string, string>>;

/** Whether a request for a collection, of one namespace or all, selects an object. */
export function isSelected(object: TestObject, namespace: string | undefined, query: Query): boolean {
  if (namespace !== undefined && object.metadata.namespace !== namespace) return false;
  const [field, value] = (query['fieldSelector'] ?? '').split('=');
  if (field === 'metadata.name' && object.metadata.name !== value) return false;
  return (query['labelSelector'] ?? '')
    .split(',')
    .filter((part) => part !== '')
    .every((part) => {
      const [name = '', wanted] = part.split('=');
      return object.metadata.labels?.[name] === wanted;
    });
}
