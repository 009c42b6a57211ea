import type { Clock } from '@grantgate/middleware/base/clock';
import type { KubernetesProviderConfig } from '../../config/install.ts';
import type { Problem } from '../../config/place.ts';
import type { ProviderOutput } from '../provider.ts';
import type { ApiAccess } from './api-access.ts';
import { createClient } from './client.ts';
import type { KeptObject } from './documents.ts';
import { createKeep } from './documents.ts';
import { toFaultProblem } from './fault-problem.ts';
import { listObjects } from './list.ts';
import type { Resource } from './resources.ts';
import { resources } from './resources.ts';
import { createRateLimit } from './rate-limit.ts';
import { createSelect } from './select.ts';
import type { Selection } from './selection.ts';
import { selectionsOf, toSecretSelection } from './selection.ts';

/** Reads a cluster once, as the provider reads it. What cannot be read is in the problems; never rejects for it. */
export async function loadCluster(
  config: KubernetesProviderConfig,
  { access, clock }: { readonly access: ApiAccess; readonly clock: Clock },
): Promise<ProviderOutput> {
  const client = createClient({ access, clock, limit: createRateLimit(config, clock) });
  const keep = createKeep(config);
  const { findSecrets, selectDocuments } = createSelect();
  const { signal } = new AbortController();
  const objects: KeptObject[] = [];
  const problems: Problem[] = [];
  const of = (resource: Resource): readonly KeptObject[] =>
    objects.filter((object) => object.resource === resource);
  // One after the other: a cluster has other things to do than to be checked.
  const read = async (selections: readonly Selection[]): Promise<void> => {
    for (const selection of selections) {
      const listed = await listObjects(client, selection, signal);
      if (listed.ok)
        objects.push(
          ...listed.value.objects.flatMap((object) => keep(selection.resource, object, undefined) ?? []),
        );
      else problems.push(toFaultProblem(selection, listed.fault));
    }
  };
  await read(selectionsOf(config));
  await read([...findSecrets(of(resources.middlewares))].map(toSecretSelection));
  const documents = selectDocuments({
    ingressRoutes: of(resources.ingressRoutes),
    middlewares: of(resources.middlewares),
    services: of(resources.services),
    endpointSlices: of(resources.endpointSlices),
    secrets: of(resources.secrets),
  });
  return { documents, problems };
}
