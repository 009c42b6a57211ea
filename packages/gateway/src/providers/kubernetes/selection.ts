import type { KubernetesProviderConfig, ObjectScope } from '../../config/kubernetes-config.ts';
import type { Resource } from './resources.ts';
import { isPermitted, resources, toPath } from './resources.ts';

/** Objects of one resource: those of a namespace or of all, with certain labels, or a single one by name. */
export interface Selection {
  readonly resource: Resource;
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  readonly labelSelector?: string;
  /** Whether the gateway works without these objects if no role allows them or their kind is not installed. Default: false. */
  readonly optional?: boolean;
  /** Name of the single selected object; default all. */
  readonly name?: string;
}

/** A request for a selection. Objects that are read by name have a low priority. */
export function toRequest(selection: Selection, verb: 'list' | 'watch') {
  const { resource, namespace, labelSelector, name } = selection;
  if (!isPermitted(resource, verb))
    throw new Error(`${verb} ${resource.resource} is not in requiredPermissions`);
  return {
    resource,
    verb,
    background: name !== undefined,
    path: toPath(resource, namespace),
    query: { labelSelector, fieldSelector: name === undefined ? undefined : `metadata.name=${name}` },
  };
}

/** `the IngressRoutes of the namespace apps`, `the Secret apps/keys` */
export function describeSelection({ resource: { kind }, namespace, name }: Selection): string {
  if (name !== undefined) return `the ${kind} ${namespace ?? ''}/${name}`;
  return `the ${kind.endsWith('s') ? `${kind}es` : `${kind}s`} of ${namespace === undefined ? 'all namespaces' : `the namespace ${namespace}`}`;
}

/** Kinds of Traefik that may be missing in a cluster. */
const optionalResources: readonly Resource[] = [
  resources.tlsOptions,
  resources.tlsStores,
  resources.serversTransports,
  resources.traefikServices,
];

/** Selections that are always read. As in Traefik, a `labelSelector` applies only to some kinds. */
export function selectionsOf({
  crd,
  ingress,
  gateway,
}: Pick<KubernetesProviderConfig, 'crd' | 'ingress' | 'gateway'>): readonly Selection[] {
  const scopes = [crd, ingress, gateway].filter((scope) => scope !== undefined);
  const { services, endpointSlices } = resources;
  return [
    ...(crd === undefined
      ? []
      : [
          ...toSelections(
            [resources.ingressRoutes, resources.middlewares],
            crd.namespaces,
            crd.labelSelector,
          ),
          ...toSelections(optionalResources, crd.namespaces, crd.labelSelector).map((selection) => ({
            ...selection,
            optional: true,
          })),
        ]),
    ...(ingress === undefined ? [] : toIngressSelections(ingress)),
    ...(gateway === undefined ? [] : toGatewaySelections(gateway)),
    ...toSelections([services, endpointSlices], joinNamespaces(scopes)),
  ];
}

function toIngressSelections({
  namespaces,
  labelSelector,
  readsClasses,
}: NonNullable<KubernetesProviderConfig['ingress']>): readonly Selection[] {
  return [
    ...toSelections([resources.ingresses], namespaces, labelSelector),
    ...(readsClasses ? toSelections([resources.ingressClasses], []) : []),
  ];
}

function toGatewaySelections({ namespaces, labelSelector }: ObjectScope): readonly Selection[] {
  const { gatewayClasses, gateways, httpRoutes, referenceGrants } = resources;
  return [
    ...toSelections([gatewayClasses], [], labelSelector),
    ...toSelections([gateways, httpRoutes, referenceGrants], namespaces),
    ...toSelections([resources.namespaces], []),
  ];
}

/** @param namespaces empty: all of them; also for cluster-scoped objects. */
function toSelections(
  list: readonly Resource[],
  namespaces: readonly string[],
  labelSelector = '',
): readonly Selection[] {
  const labels = labelSelector === '' ? {} : { labelSelector };
  return (namespaces.length === 0 ? [undefined] : namespaces).flatMap((namespace) =>
    list.map((resource) => ({ resource, namespace, ...labels })),
  );
}

/** Objects of all selections together. */
function joinNamespaces(scopes: readonly ObjectScope[]): readonly string[] {
  return scopes.some(({ namespaces }) => namespaces.length === 0)
    ? []
    : [...new Set(scopes.flatMap(({ namespaces }) => namespaces))];
}

/** One object, by `namespace/name`. */
export function toNamedSelection(resource: Resource, key: string): Selection {
  const [namespace = '', name = ''] = key.split('/');
  return { resource, namespace, name };
}
