import type { KubernetesProviderConfig } from '../../config/kubernetes-config.ts';
import { isMapping, valueAt } from '../../config/path.ts';
import type { Problem } from '../../config/place.ts';
import { unservedKinds } from '../translate/kubernetes/objects.ts';
import type { ApiClient } from './client.ts';
import { placeOf } from './documents.ts';
import type { Result } from './fault.ts';
import type { Resource } from './resources.ts';
import { resources, toPath } from './resources.ts';

/** Report of `grantgate check` about a cluster beyond its routes. */
export interface Inspection {
  readonly problems: readonly Problem[];
  /** Objects that exist but are not served, one sentence for each. */
  readonly notes: readonly string[];
}

/** Owner of the definition of a custom resource. */
export const definitionAnnotation = 'grantgate.dev/keeps-unknown-fields';

/** Resources that only a check reads; without a role for them, the report leaves them out. */
export const inspectedResources = {
  namespaces: { group: '', version: 'v1', resource: 'namespaces', kind: 'Namespace' },
  definitions: {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    resource: 'customresourcedefinitions',
    kind: 'CustomResourceDefinition',
  },
} as const satisfies Readonly<Record<string, Resource>>;

/** Kinds of Traefik that are not served, with the reason. */
const unservedResources = Array.from(unservedKinds, ([kind, reason]) => ({
  resource: { group: 'traefik.io', version: 'v1alpha1', resource: `${kind.toLowerCase()}s`, kind },
  advice: reason,
}));

/** Finds missing namespaces, definitions that prune fields, and kinds of routes that are not served. */
export async function inspectCluster(
  client: ApiClient,
  config: KubernetesProviderConfig,
  signal: AbortSignal,
): Promise<Inspection> {
  const problems: Problem[] = [];
  const notes: string[] = [];
  const { crd, ingress, gateway } = config;
  const namespaces = new Set([crd, ingress, gateway].flatMap((scope) => scope?.namespaces ?? []));
  for (const namespace of namespaces) {
    const { namespaces: resource } = inspectedResources;
    const found = await get(client, resource, toPath(resource, undefined, namespace), signal);
    if (!found.ok && found.fault.kind === 'not_found')
      problems.push({
        severity: 'error',
        place: placeOf({ kind: 'Namespace', namespace, name: namespace }),
        code: 'missing_namespace',
        path: '',
        message: `there is no namespace ${namespace}`,
      });
  }
  for (const { kind, group, resource } of crd === undefined
    ? []
    : [resources.ingressRoutes, resources.middlewares]) {
    const { definitions } = inspectedResources;
    const name = `${resource}.${group}`;
    const found = await get(client, definitions, toPath(definitions, undefined, name), signal);
    const message = found.ok ? findPruning(found.value) : undefined;
    if (message !== undefined)
      problems.push({
        severity: 'warning',
        place: placeOf({ kind: definitions.kind, namespace: '', name }),
        code: 'pruning_definition',
        path: '',
        message: `the definition of ${kind} ${message}`,
      });
  }
  const unread = [
    ...(crd === undefined ? [] : unservedResources),
    ...(ingress === undefined
      ? [{ resource: resources.ingresses, advice: 'add providers.kubernetesIngress' }]
      : []),
    ...(gateway === undefined
      ? [{ resource: resources.httpRoutes, advice: 'add providers.kubernetesGateway' }]
      : []),
  ];
  for (const { resource, advice } of unread)
    for (const namespace of namespaces.size === 0 ? [undefined] : namespaces) {
      const found = await get(client, resource, toPath(resource, namespace), signal);
      const items = found.ok ? valueAt(found.value, ['items']) : undefined;
      if (!Array.isArray(items) || items.length === 0) continue;
      const where = namespace === undefined ? 'the cluster' : `the namespace ${namespace}`;
      notes.push(
        `${items.length} object${items.length === 1 ? '' : 's'} of the kind ${resource.kind} in ${where} ${items.length === 1 ? 'is' : 'are'} not served: ${advice}`,
      );
    }
  return { problems, notes };
}

const get = (
  client: ApiClient,
  resource: Resource,
  path: string,
  signal: AbortSignal,
): Promise<Result<unknown>> => client.readJson({ resource, verb: 'get', path }, signal);

/** The problem of a definition that drops fields that it does not declare. */
function findPruning(definition: unknown): string | undefined {
  const versions = valueAt(definition, ['spec', 'versions']);
  const keeps = (Array.isArray(versions) ? versions : []).some(
    (version) =>
      valueAt(version, [
        'schema',
        'openAPIV3Schema',
        'properties',
        'spec',
        'x-kubernetes-preserve-unknown-fields',
      ]) === true,
  );
  if (keeps) return undefined;
  const annotations = valueAt(definition, ['metadata', 'annotations']);
  const isOurs = isMapping(annotations) && Object.hasOwn(annotations, definitionAnnotation);
  return isOurs
    ? 'has been overwritten by one that drops unknown fields: a misspelt middlewares opens a route; apply deploy/kubernetes/crds again'
    : "is not grantgate's and drops unknown fields: a misspelt middlewares opens a route; the admission policy open-routes refuses such routes";
}
