import { hostname } from 'node:os';
import type { KubernetesProviderConfig } from '../../config/install.ts';
import { createAccess } from './access.ts';
import type { AccessSources } from './api-access.ts';
import type { KubernetesProvider, KubernetesProviderDeps } from './provider.ts';
import { createKubernetesProvider } from './provider.ts';

/** The provider of a cluster in a process with this environment. */
export function openKubernetes(
  config: KubernetesProviderConfig,
  env: AccessSources['env'],
  deps: Pick<KubernetesProviderDeps, 'clock' | 'onEvent' | 'onCall' | 'onProgress'>,
): KubernetesProvider {
  const access = createAccess(config, { env, clock: deps.clock });
  return createKubernetesProvider(config, { ...deps, access, instance: hostname() });
}
