import type { KubernetesProviderConfig } from '../../config/install.ts';
import type { Resource } from './resources.ts';
import { isPermitted, resources, toPath } from './resources.ts';

/** Objects of one resource: those of a namespace or of all, with certain labels, or one by its name. */
export interface Selection {
  readonly resource: Resource;
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  readonly labelSelector?: string;
  /** Of the one object that is selected; default all. */
  readonly name?: string;
}

/** A request for a selection. Objects that are read one by one, by their names, wait for everything else. */
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
  return `the ${kind}s of ${namespace === undefined ? 'all namespaces' : `the namespace ${namespace}`}`;
}

/** Everything that is always read. As in Traefik, `labelSelector` is for the objects of Traefik's own kinds. */
export function selectionsOf({
  namespaces,
  labelSelector,
}: Pick<KubernetesProviderConfig, 'namespaces' | 'labelSelector'>): readonly Selection[] {
  const { ingressRoutes, middlewares, services, endpointSlices } = resources;
  const labels = labelSelector === '' ? {} : { labelSelector };
  return (namespaces.length === 0 ? [undefined] : namespaces).flatMap((namespace) => [
    { resource: ingressRoutes, namespace, ...labels },
    { resource: middlewares, namespace, ...labels },
    { resource: services, namespace },
    { resource: endpointSlices, namespace },
  ]);
}

/** All Secrets of a namespace. */
export const toSecretsSelection = (namespace: string): Selection => ({
  resource: resources.secrets,
  namespace,
});

/** One Secret, by `namespace/name`. */
export function toSecretSelection(secret: string): Selection {
  const [namespace = '', name = ''] = secret.split('/');
  return { resource: resources.secrets, namespace, name };
}
