import { fingerprint } from '@grantgate/middleware/base/fingerprint';
import type { InstallConfig } from '../../config/install-config.ts';
import type { KubernetesProviderDeps } from '../../providers/kubernetes/provider.ts';
import type { ResourceStatus } from '../../providers/kubernetes/resource-status.ts';
import type { ClusterFeed } from '../../workers/cluster-feed.ts';
import { createClusterFeed } from '../../workers/cluster-feed.ts';
import type { Io } from '../io.ts';

/** The clusters of successive configurations, which this process follows for its workers. */
export interface Clusters {
  /** Returns the same feed while the options are unchanged and it is open; undefined without a cluster in `providers`. */
  open(config: InstallConfig): Promise<ClusterFeed | undefined>;
  /** Status of the resources of the current cluster. */
  status(): readonly ResourceStatus[];
}

export function createClusters(
  env: Io['env'],
  deps: Pick<KubernetesProviderDeps, 'clock' | 'onEvent' | 'onCall'>,
): Clusters {
  let last:
    | {
        readonly key: string;
        readonly feed: ClusterFeed;
        readonly status: () => readonly ResourceStatus[];
      }
    | undefined;
  return {
    async open({ providers: { kubernetes } }) {
      if (kubernetes === undefined) return undefined;
      const key = fingerprint(kubernetes);
      if (last?.key === key) return last.feed;
      const { openKubernetes } = await import('../../providers/kubernetes/provider.ts');
      const provider = openKubernetes(kubernetes, env, { ...deps, onProgress: () => feed.progress() });
      const feed = createClusterFeed({
        ...provider,
        close() {
          provider.close();
          if (last?.feed === feed) last = undefined;
        },
      });
      last = { key, feed, status: () => provider.status() };
      return feed;
    },
    status: () => last?.status() ?? [],
  };
}
