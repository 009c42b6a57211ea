import { systemClock } from '../../packages/middleware/src/base/clock.ts';
import type { DynamicConfiguration } from '../../packages/gateway/src/config/dynamic.ts';
import { parseInstall } from '../../packages/gateway/src/config/parse-install.ts';
import { createAccess } from '../../packages/gateway/src/providers/kubernetes/access.ts';
import type { ApiCall, ApiEvent } from '../../packages/gateway/src/providers/kubernetes/api-event.ts';
import type { KubernetesProvider } from '../../packages/gateway/src/providers/kubernetes/provider.ts';
import { createKubernetesProvider } from '../../packages/gateway/src/providers/kubernetes/provider.ts';
import type { ProviderOutput } from '../../packages/gateway/src/providers/provider.ts';
import { translate } from '../../packages/gateway/src/providers/translate/translate.ts';
import type { TestCluster } from './cluster.testkit.ts';

/** A provider that follows a real cluster as the user `gateway`. */
export interface FollowedCluster {
  readonly provider: KubernetesProvider;
  readonly calls: readonly ApiCall[];
  readonly events: readonly ApiEvent[];
  readonly last: () => ProviderOutput;
  readonly translated: () => DynamicConfiguration;
}

/**
 * Resolves with the first output.
 *
 * @param options of `kubernetesCRD`, in YAML.
 * @param others other providers of the cluster, in YAML: `kubernetesIngress: {}`.
 */
export async function followCluster(
  cluster: TestCluster,
  options = '',
  others = '',
): Promise<FollowedCluster> {
  const { config } = parseInstall(
    `providers: { kubernetesCRD: { endpoint: "${cluster.url}", certAuthFilePath: ${cluster.caFile}, token: ${cluster.tokens.gateway}, ${options} }, ${others} }`,
    'g.yaml',
  );
  const kubernetes = config!.providers.kubernetes!;
  const calls: ApiCall[] = [];
  const events: ApiEvent[] = [];
  let last: ProviderOutput | undefined;
  const provider = createKubernetesProvider(kubernetes, {
    access: createAccess(kubernetes, { env: {} }),
    clock: systemClock,
    onEvent: (event) => void events.push(event),
    onCall: (call) => void calls.push(call),
    instance: 'test',
  });
  await provider.start((output) => (last = output));
  return {
    provider,
    calls,
    events,
    last: () => last!,
    translated: () => translate(last!.documents, last!.problems, last!.unreadSecrets),
  };
}
