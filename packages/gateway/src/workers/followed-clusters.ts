import type { ClusterFeed } from './cluster-feed.ts';

/** Clusters that the primary follows for its workers. */
export interface FollowedClusters {
  add(cluster: ClusterFeed | undefined): void;
  /** Closes the clusters that no worker needs any more. */
  closeUnused(): void;
}

/** @param used the clusters that workers still need. */
export function createFollowedClusters(used: () => readonly (ClusterFeed | undefined)[]): FollowedClusters {
  const followed = new Set<ClusterFeed>();
  return {
    add(cluster) {
      if (cluster !== undefined) followed.add(cluster);
    },
    closeUnused() {
      const needed = new Set(used());
      for (const cluster of followed) {
        if (needed.has(cluster)) continue;
        followed.delete(cluster);
        cluster.close();
      }
    },
  };
}
