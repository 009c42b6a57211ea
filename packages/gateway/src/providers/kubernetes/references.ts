import { asWritten } from '../../config/as-written.ts';
import type { Path } from '../../config/path.ts';
import { isMapping, valueAt } from '../../config/path.ts';
import { findKind } from '../../middlewares/kinds.ts';
import { parseReference } from '../../secrets/reference.ts';
import type { ClusterObject } from './documents.ts';

/** `namespace/name` of each Secret that a Middleware refers to. */
export function secretsOf({ namespace, document }: ClusterObject): ReadonlySet<string> {
  const found = new Set<string>();
  const walk = (value: unknown): void => {
    if (typeof value === 'string') {
      const parsed = parseReference(value, namespace);
      if (parsed.kind === 'reference' && parsed.reference.kind === 'kubernetes')
        found.add(`${parsed.reference.namespace}/${parsed.reference.name}`);
    } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk);
  };
  const spec = valueAt(document.value, ['spec']);
  walk(spec);
  for (const name of secretNamesIn(spec)) found.add(`${namespace}/${name}`);
  return found;
}

/** Names of Secrets that stand in options of their own, such as `basicAuth.secret`. */
function secretNamesIn(spec: unknown): readonly string[] {
  return Object.entries(isMapping(spec) ? spec : {}).flatMap(([type, options]) => {
    const kind = findKind(type);
    const paths = (kind?.members === undefined ? kind?.secretOptions : undefined) ?? [];
    return paths
      .map((path) => valueAt(options, asWritten(options, path)))
      .filter((name) => typeof name === 'string');
  });
}

/** `namespace/name` of each Service that a route names. */
export function servicesOf(object: ClusterObject): ReadonlySet<string> {
  switch (object.resource.kind) {
    case 'Ingress':
      return servicesOfIngress(object);
    case 'HTTPRoute':
      return servicesOfHttpRoute(object);
    default:
      return servicesOfIngressRoute(object);
  }
}

function servicesOfIngress({ namespace, document: { value } }: ClusterObject): ReadonlySet<string> {
  const backends = [
    valueAt(value, ['spec', 'defaultBackend']),
    ...listAt(value, ['spec', 'rules'])
      .flatMap((rule) => listAt(rule, ['http', 'paths']))
      .map((path) => valueAt(path, ['backend'])),
  ];
  const names = backends.map((backend) => valueAt(backend, ['service', 'name']));
  return new Set(names.flatMap((name) => (typeof name === 'string' ? `${namespace}/${name}` : [])));
}

function servicesOfHttpRoute({ namespace, document: { value } }: ClusterObject): ReadonlySet<string> {
  const references = listAt(value, ['spec', 'rules']).flatMap((rule) => listAt(rule, ['backendRefs']));
  return new Set(
    references.flatMap((reference) => {
      const name = valueAt(reference, ['name']);
      const of = valueAt(reference, ['namespace']) ?? namespace;
      return typeof name === 'string' && typeof of === 'string' ? `${of}/${name}` : [];
    }),
  );
}

function listAt(value: unknown, path: Path): readonly unknown[] {
  const found = valueAt(value, path);
  return Array.isArray(found) ? found : [];
}

function servicesOfIngressRoute({ namespace, document }: ClusterObject): ReadonlySet<string> {
  const found = new Set<string>();
  const routes = valueAt(document.value, ['spec', 'routes']);
  for (const route of Array.isArray(routes) ? routes : []) {
    const services = valueAt(route, ['services']);
    for (const service of Array.isArray(services) ? services : []) {
      if (!isMapping(service)) continue;
      const { name, namespace: of = namespace } = service;
      if (typeof name === 'string' && typeof of === 'string') found.add(`${of}/${name}`);
    }
  }
  return found;
}

/** `namespace/name` of the Service that an EndpointSlice belongs to. */
export function ownerOf({ namespace, document }: ClusterObject): string {
  const name = valueAt(document.value, ['metadata', 'labels', 'kubernetes.io/service-name']);
  return typeof name === 'string' ? `${namespace}/${name}` : '';
}
