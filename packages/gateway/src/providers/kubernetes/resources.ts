/** A resource of the Kubernetes API that is read here. */
export interface Resource {
  /** Empty: the core group. */
  readonly group: string;
  readonly version: string;
  /** In URLs and roles: plural, lower case. */
  readonly resource: string;
  readonly kind: string;
}

const traefik = { group: 'traefik.io', version: 'v1alpha1' } as const;

/** Everything of the API that is called; requests are built from this and from nothing else. */
export const resources = {
  ingressRoutes: { ...traefik, resource: 'ingressroutes', kind: 'IngressRoute' },
  middlewares: { ...traefik, resource: 'middlewares', kind: 'Middleware' },
  services: { group: '', version: 'v1', resource: 'services', kind: 'Service' },
  endpointSlices: {
    group: 'discovery.k8s.io',
    version: 'v1',
    resource: 'endpointslices',
    kind: 'EndpointSlice',
  },
  secrets: { group: '', version: 'v1', resource: 'secrets', kind: 'Secret' },
  events: { group: 'events.k8s.io', version: 'v1', resource: 'events', kind: 'Event' },
} as const satisfies Readonly<Record<string, Resource>>;

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'patch';

/** What a role must allow. */
export interface Permission {
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly Verb[];
  /** Without it the gateway works, and says less. */
  readonly optional: boolean;
}

const allow = ({ group, resource }: Resource, verbs: readonly Verb[], optional = false): Permission =>
  Object.freeze({ group, resource, verbs: Object.freeze(verbs), optional });

const reading: readonly Verb[] = ['list', 'watch'];

/**
 * Every call that is made, in each namespace of `namespaces` or, without them, in the whole cluster. Secrets are listed and watched one by
 * one, by `metadata.name`, and only those that a Middleware refers to: a role may name them in `resourceNames`.
 */
export const requiredPermissions: readonly Permission[] = Object.freeze([
  allow(resources.ingressRoutes, reading),
  allow(resources.middlewares, reading),
  allow(resources.services, reading),
  allow(resources.endpointSlices, reading),
  allow(resources.secrets, reading),
  allow(resources.events, ['create', 'patch'], true),
]);

/** True when the calls that are made include this one: a request for anything else is a defect. */
export function isPermitted({ group, resource }: Resource, verb: Verb): boolean {
  return requiredPermissions.some(
    (permission) =>
      permission.group === group && permission.resource === resource && permission.verbs.includes(verb),
  );
}

/** `apiVersion` of its objects. */
export const toApiVersion = ({ group, version }: Resource): string =>
  group === '' ? version : `${group}/${version}`;

/** Path of a collection, of a namespace or of all of them; with a name, of one object. */
export function toPath(resource: Resource, namespace: string | undefined, name?: string): string {
  const base = resource.group === '' ? `/api/${resource.version}` : `/apis/${toApiVersion(resource)}`;
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const one = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${base}${scope}/${resource.resource}${one}`;
}
