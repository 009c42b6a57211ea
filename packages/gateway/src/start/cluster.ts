import type { Channel } from '@grantgate/middleware/base/channel';
import { createChannel } from '@grantgate/middleware/base/channel';
import type { Clock } from '@grantgate/middleware/base/clock';
import type { InstallConfig } from '../config/install-config.ts';
import type { ApiCall, ApiEvent } from '../providers/kubernetes/api-event.ts';
import type { KubernetesProvider } from '../providers/kubernetes/provider.ts';
import type { ClusterProvider, GatewayIo } from './gateway.ts';

/** Outcomes of requests to the API server of a cluster. */
export interface ClusterChannels {
  readonly events: Channel<ApiEvent>;
  readonly calls: Channel<ApiCall>;
}

/** The cluster of `providers`. */
export interface Cluster {
  readonly channels: ClusterChannels;
  /** Undefined without a cluster. */
  readonly provider: ClusterProvider | undefined;
  /** The provider, if this process itself follows the cluster. */
  readonly own: KubernetesProvider | undefined;
}

/** One of several processes follows the cluster for all. */
export async function openCluster(
  { providers: { kubernetes } }: InstallConfig,
  { env, worker }: GatewayIo,
  clock: Clock,
  onError: (error: unknown) => void,
): Promise<Cluster> {
  const channels: ClusterChannels = { events: createChannel(onError), calls: createChannel(onError) };
  if (kubernetes === undefined) return { channels, provider: undefined, own: undefined };
  if (worker !== undefined) return { channels, provider: worker.cluster, own: undefined };
  const { openKubernetes } = await import('../providers/kubernetes/provider.ts');
  const own = openKubernetes(kubernetes, env, {
    clock,
    onEvent: (event) => channels.events.publish(event),
    onCall: (call) => channels.calls.publish(call),
  });
  return { channels, provider: own, own };
}
