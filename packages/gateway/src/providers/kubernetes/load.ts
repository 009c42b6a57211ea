import type { Clock } from '@grantgate/middleware/base/clock';
import type { KubernetesProviderConfig } from '../../config/kubernetes-config.ts';
import type { Problem } from '../../config/place.ts';
import type { ProviderOutput } from '../provider.ts';
import { ingressClassOf } from '../translate/kubernetes/ingress-class.ts';
import type { ApiAccess } from './api-access.ts';
import type { ApiObject } from './api-object.ts';
import { keyOf } from './api-object.ts';
import { createClient } from './client.ts';
import type { ClusterObject } from './documents.ts';
import { classOf, createKeep } from './documents.ts';
import type { ApiFault } from './fault.ts';
import { toFaultProblem } from './fault-problem.ts';
import { inspectCluster } from './inspect.ts';
import { listObjects } from './list.ts';
import type { Resource } from './resources.ts';
import { resources } from './resources.ts';
import { createRateLimit } from './rate-limit.ts';
import { createSelect, selectIngresses, toRouteLists } from './select.ts';
import type { Selection } from './selection.ts';
import { describeSelection, selectionsOf, toNamedSelection } from './selection.ts';

/** A cluster that was read once. */
export interface LoadedCluster extends ProviderOutput {
  /** Objects that exist but are not served, one sentence for each. */
  readonly notes: readonly string[];
}

/** Reads a cluster once, in the same way as the provider. Unreadable resources are among the problems, and do not reject. */
export async function loadCluster(
  config: KubernetesProviderConfig,
  { access, clock }: { readonly access: ApiAccess; readonly clock: Clock },
): Promise<LoadedCluster> {
  const client = createClient({ access, clock, limit: createRateLimit(config, clock) });
  const keep = createKeep(config);
  const { findSecrets, findConfigMaps, selectDocuments } = createSelect(config);
  const { signal } = new AbortController();
  const objects: ClusterObject[] = [];
  const problems: Problem[] = [];
  const unreadSecrets = new Map<string, 'pending' | 'forbidden'>();
  const notes: string[] = [];
  const of = (resource: Resource): readonly ClusterObject[] =>
    objects.filter((object) => object.resource === resource);
  const read = async (selection: Selection): Promise<ApiFault | undefined> => {
    const listed = await listObjects(client, selection, signal);
    if (!listed.ok) {
      if (selection.optional === true && listed.fault.kind === 'not_found')
        notes.push(
          `${describeSelection(selection)} are not read: the kind ${selection.resource.kind} is not installed`,
        );
      else problems.push(toFaultProblem(selection, listed.fault));
      return listed.fault;
    }
    for (const object of listed.value.objects) {
      const kept = keep(selection.resource, object, undefined);
      if (kept === undefined) notes.push(toLeftOut(object, config));
      else objects.push(kept);
    }
    return undefined;
  };
  // One after the other, to limit the load on the cluster.
  for (const selection of selectionsOf(config)) await read(selection);
  const routes = toRouteLists(of);
  for (const key of findSecrets(routes)) {
    const fault = await read(toNamedSelection(resources.secrets, key));
    if (fault !== undefined) unreadSecrets.set(key, fault.kind === 'forbidden' ? 'forbidden' : 'pending');
  }
  for (const key of findConfigMaps(routes)) await read(toNamedSelection(resources.configMaps, key));
  const served = new Set(selectIngresses(routes, config));
  for (const ingress of routes.ingresses) if (!served.has(ingress)) notes.push(toOtherClass(ingress, config));
  const documents = selectDocuments({
    ...routes,
    services: of(resources.services),
    endpointSlices: of(resources.endpointSlices),
    secrets: of(resources.secrets),
    configMaps: of(resources.configMaps),
  });
  const inspected = await inspectCluster(client, config, signal);
  return {
    documents,
    problems: [...problems, ...inspected.problems],
    unreadSecrets,
    notes: [...notes, ...inspected.notes],
  };
}

function toLeftOut(object: ApiObject, { crd }: KubernetesProviderConfig): string {
  const written = String(classOf(object.raw));
  const its = written === '' ? 'it has no class' : `its class is ${written}`;
  const wanted = crd?.ingressClass ?? '';
  const expected =
    wanted === ''
      ? 'without ingressClass, those without a class and those of traefik are read'
      : `ingressClass is ${wanted}`;
  return `the IngressRoute ${keyOf(object)} is not served: ${its}, and ${expected}`;
}

function toOtherClass(
  { namespace, name, document }: ClusterObject,
  { ingress }: KubernetesProviderConfig,
): string {
  const { name: written, isAnnotation } = ingressClassOf(document.value);
  const its =
    written === '' ? 'it has no class' : `its ${isAnnotation ? 'annotation' : 'IngressClass'} is ${written}`;
  const wanted = ingress?.ingressClass ?? '';
  const expected =
    wanted === ''
      ? 'without ingressClass, those without a class, of traefik, and of an IngressClass of the gateway are read'
      : `ingressClass is ${wanted}`;
  return `the Ingress ${namespace}/${name} is not served: ${its}, and ${expected}`;
}
