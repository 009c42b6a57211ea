import { asWritten, isMapping, valueAt } from '../../config/path.ts';
import type { Path } from '../../config/path.ts';
import { findKind } from '../../middlewares/kinds.ts';
import { parseReference } from '../../secrets/reference.ts';
import type { ClusterObject } from './documents.ts';

/** `namespace/name` of each Secret that an object refers to. */
export function secretsOf(object: ClusterObject): ReadonlySet<string> {
  const { namespace, name, document } = object;
  const spec = valueAt(document.value, ['spec']);
  switch (valueAt(document.value, ['kind'])) {
    case 'IngressRoute':
      return toKeys(namespace, textsAt(spec, ['tls', 'secretName']));
    case 'Ingress':
      return toKeys(namespace, textsAt(spec, ['tls', each, 'secretName']));
    case 'TLSOption':
      return toKeys(namespace, textsAt(spec, ['clientAuth', 'secretNames', each]));
    case 'TLSStore':
      // Other references are not used.
      return toKeys(namespace, name === 'default' ? textsAt(spec, ...storePaths) : []);
    case 'ServersTransport':
      return toKeys(namespace, textsAt(spec, ...transportPaths));
    case 'Gateway':
      return secretsOfGateway(object);
    default:
      return secretsOfMiddleware(object);
  }
}

/** `namespace/name` of each ConfigMap that a ServersTransport refers to. */
export const configMapsOf = ({ namespace, document: { value } }: ClusterObject): ReadonlySet<string> =>
  toKeys(namespace, textsAt(valueAt(value, ['spec']), ['rootCAs', each, 'configMap']));

/** Matches every item of a list. */
const each = Symbol('each item');

type NamePath = readonly (string | typeof each)[];

const storePaths: readonly NamePath[] = [
  ['defaultCertificate', 'secretName'],
  ['certificates', each, 'secretName'],
];
const transportPaths: readonly NamePath[] = [
  ['rootCAsSecrets', each],
  ['rootCAs', each, 'secret'],
  ['certificatesSecrets', each],
];

const toKeys = (namespace: string, names: readonly string[]): ReadonlySet<string> =>
  new Set(names.map((name) => `${namespace}/${name}`));

const textsAt = (value: unknown, ...paths: readonly NamePath[]): readonly string[] =>
  paths.flatMap((path) => valuesAt(value, path)).filter((found) => typeof found === 'string');

/** Option names match in any letter case. */
function valuesAt(value: unknown, path: NamePath): readonly unknown[] {
  const [first, ...rest] = path;
  if (first === undefined) return value === undefined ? [] : [value];
  if (first === each) return Array.isArray(value) ? value.flatMap((item) => valuesAt(item, rest)) : [];
  return valuesAt(valueAt(value, asWritten(value, [first])), rest);
}

function secretsOfGateway({ namespace, document: { value } }: ClusterObject): ReadonlySet<string> {
  const references = valuesAt(value, ['spec', 'listeners', each, 'tls', 'certificateRefs', each]);
  return new Set(
    references.flatMap((reference) => {
      const [name, of = namespace] = [valueAt(reference, ['name']), valueAt(reference, ['namespace'])];
      return typeof name === 'string' && typeof of === 'string' ? `${of}/${name}` : [];
    }),
  );
}

function secretsOfMiddleware({ namespace, document }: ClusterObject): ReadonlySet<string> {
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

/** Names of Secrets in separate options, such as `basicAuth.secret`. */
function secretNamesIn(spec: unknown): readonly string[] {
  return Object.entries(isMapping(spec) ? spec : {}).flatMap(([type, options]) => {
    const kind = findKind(type);
    const paths = (kind?.members === undefined ? kind?.secretOptions : undefined) ?? [];
    return paths
      .map((path) => valueAt(options, asWritten(options, path)))
      .filter((name) => typeof name === 'string');
  });
}

/** `namespace/name` of each Service that an object names. */
export function servicesOf(object: ClusterObject): ReadonlySet<string> {
  switch (object.resource.kind) {
    case 'Ingress':
      return servicesOfIngress(object);
    case 'HTTPRoute':
      return servicesOfHttpRoute(object);
    default:
      return servicesOfCustomResource(object);
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

/** The Services of one of Traefik's objects, at the paths of its kind. */
const memberPaths: Readonly<Record<string, NamePath>> = {
  IngressRoute: ['routes', each, 'services', each],
  TraefikService: ['weighted', 'services', each],
  Middleware: ['errors', 'service'],
};

function servicesOfCustomResource({ namespace, resource, document }: ClusterObject): ReadonlySet<string> {
  const members = valuesAt(valueAt(document.value, ['spec']), memberPaths[resource.kind] ?? []);
  return new Set(
    members.flatMap((member) => {
      const [name] = textsAt(member, ['name']);
      const [of = namespace] = textsAt(member, ['namespace']);
      return name === undefined ? [] : `${of}/${name}`;
    }),
  );
}

/** `namespace/name` of the Service that an EndpointSlice belongs to. */
export function ownerOf({ namespace, document }: ClusterObject): string {
  const name = valueAt(document.value, ['metadata', 'labels', 'kubernetes.io/service-name']);
  return typeof name === 'string' ? `${namespace}/${name}` : '';
}
