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
const networking = { group: 'networking.k8s.io', version: 'v1' } as const;
const gatewayApi = { group: 'gateway.networking.k8s.io', version: 'v1' } as const;

/** All API calls in use; requests are built only from this. */
export const resources = {
  ingressRoutes: { ...traefik, resource: 'ingressroutes', kind: 'IngressRoute' },
  middlewares: { ...traefik, resource: 'middlewares', kind: 'Middleware' },
  tlsOptions: { ...traefik, resource: 'tlsoptions', kind: 'TLSOption' },
  tlsStores: { ...traefik, resource: 'tlsstores', kind: 'TLSStore' },
  serversTransports: { ...traefik, resource: 'serverstransports', kind: 'ServersTransport' },
  traefikServices: { ...traefik, resource: 'traefikservices', kind: 'TraefikService' },
  ingresses: { ...networking, resource: 'ingresses', kind: 'Ingress' },
  ingressClasses: { ...networking, resource: 'ingressclasses', kind: 'IngressClass' },
  gatewayClasses: { ...gatewayApi, resource: 'gatewayclasses', kind: 'GatewayClass' },
  gateways: { ...gatewayApi, resource: 'gateways', kind: 'Gateway' },
  httpRoutes: { ...gatewayApi, resource: 'httproutes', kind: 'HTTPRoute' },
  referenceGrants: {
    ...gatewayApi,
    version: 'v1beta1',
    resource: 'referencegrants',
    kind: 'ReferenceGrant',
  },
  namespaces: { group: '', version: 'v1', resource: 'namespaces', kind: 'Namespace' },
  services: { group: '', version: 'v1', resource: 'services', kind: 'Service' },
  endpointSlices: {
    group: 'discovery.k8s.io',
    version: 'v1',
    resource: 'endpointslices',
    kind: 'EndpointSlice',
  },
  secrets: { group: '', version: 'v1', resource: 'secrets', kind: 'Secret' },
  configMaps: { group: '', version: 'v1', resource: 'configmaps', kind: 'ConfigMap' },
  events: { group: 'events.k8s.io', version: 'v1', resource: 'events', kind: 'Event' },
} as const satisfies Readonly<Record<string, Resource>>;

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'patch';

/** Permissions that a role must grant. */
export interface Permission {
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly Verb[];
  /** Cluster-scoped resources. */
  readonly clusterWide: boolean;
  /** Optional: without it the gateway works, but reports less. */
  readonly optional: boolean;
}

const reading: readonly Verb[] = ['list', 'watch'];

const allow = (
  { group, resource }: Pick<Resource, 'group' | 'resource'>,
  verbs: readonly Verb[],
  optional = false,
): Permission =>
  Object.freeze({ group, resource, verbs: Object.freeze(verbs), clusterWide: false, optional });

const allowClusterWide = (resource: Resource): Permission =>
  Object.freeze({ ...allow(resource, reading), clusterWide: true });

/**
 * Every call that is made for `kubernetesCRD`, in each namespace of `namespaces` or, without them, in the whole cluster. Secrets and
 * ConfigMaps are listed and watched one by one, by `metadata.name`, and only those that another object refers to: a role may name them
 * in `resourceNames`.
 */
export const requiredPermissions: readonly Permission[] = Object.freeze([
  allow(resources.ingressRoutes, reading),
  allow(resources.middlewares, reading),
  allow(resources.tlsOptions, reading, true),
  allow(resources.tlsStores, reading, true),
  allow(resources.serversTransports, reading, true),
  allow(resources.traefikServices, reading, true),
  allow(resources.services, reading),
  allow(resources.endpointSlices, reading),
  allow(resources.secrets, reading),
  allow(resources.configMaps, reading, true),
  allow(resources.events, ['create', 'patch'], true),
]);

const usual: readonly Permission[] = requiredPermissions.filter(
  ({ group, resource }) => group !== traefik.group && resource !== resources.configMaps.resource,
);

/** Every call that is made for `kubernetesIngress`. */
export const ingressPermissions: readonly Permission[] = Object.freeze([
  allow(resources.ingresses, reading),
  allowClusterWide(resources.ingressClasses),
  ...usual,
]);

/** Every call that is made for `kubernetesGateway`. */
export const gatewayPermissions: readonly Permission[] = Object.freeze([
  allowClusterWide(resources.gatewayClasses),
  allow(resources.gateways, reading),
  allow(resources.httpRoutes, ['get', ...reading]),
  allow({ ...resources.httpRoutes, resource: 'httproutes/status' }, ['patch'], true),
  allow(resources.referenceGrants, reading),
  allowClusterWide(resources.namespaces),
  ...usual,
]);

const allPermissions = [...requiredPermissions, ...ingressPermissions, ...gatewayPermissions];

/** True when these calls include the given one; a request for anything else is a defect. */
export function isPermitted({ group, resource }: Pick<Resource, 'group' | 'resource'>, verb: Verb): boolean {
  return allPermissions.some(
    (permission) =>
      permission.group === group && permission.resource === resource && permission.verbs.includes(verb),
  );
}

/** `apiVersion` of a resource's objects. */
export const toApiVersion = ({ group, version }: Resource): string =>
  group === '' ? version : `${group}/${version}`;

/** Path of a collection, in a namespace or in all; with a name, of one object. */
export function toPath(resource: Resource, namespace: string | undefined, name?: string): string {
  const base = resource.group === '' ? `/api/${resource.version}` : `/apis/${toApiVersion(resource)}`;
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const one = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${base}${scope}/${resource.resource}${one}`;
}
