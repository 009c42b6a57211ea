import { resolve } from 'node:path';
import { systemClock } from '@grantgate/middleware/base/clock';
import type { InstallConfig } from '../config/install-config.ts';
import type { KubernetesProviderConfig, ObjectScope } from '../config/kubernetes-config.ts';
import { kubernetesSchema } from '../config/kubernetes-schema.ts';
import { toKubernetes } from '../config/kubernetes-config.ts';
import { createAccess } from '../providers/kubernetes/access.ts';
import type { LoadedCluster } from '../providers/kubernetes/load.ts';
import { loadCluster } from '../providers/kubernetes/load.ts';
import type { Io } from './io.ts';
import { UsageError } from './usage-error.ts';

/** Flags with the names of kubectl's. */
export interface ClusterFlags {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly namespace?: readonly string[] | undefined;
}

/** Reads the cluster of `providers`, or IngressRoutes if there is none; flags override single options. */
export async function readCluster(
  install: InstallConfig | undefined,
  flags: ClusterFlags,
  io: Io,
): Promise<LoadedCluster> {
  const config = merge(install?.providers.kubernetes, flags, io.cwd);
  return loadCluster(config, { access: createAccess(config, { env: io.env }), clock: systemClock });
}

function merge(
  config: KubernetesProviderConfig | undefined,
  { kubeconfig, context, namespace }: ClusterFlags,
  cwd: string,
): KubernetesProviderConfig {
  const parsed = kubernetesSchema.safeParse({ kubeconfig, context, namespaces: namespace });
  if (!parsed.success) throw new UsageError('--namespace: expected at least one name');
  const own = toKubernetes({ kubernetesCRD: parsed.data }, (path) => resolve(cwd, path));
  if (own === undefined) throw new Error('a cluster has a provider');
  if (config === undefined) return own;
  const among = <T extends ObjectScope>(scope: T | undefined): T | undefined =>
    scope && namespace !== undefined ? { ...scope, namespaces: own.crd?.namespaces ?? [] } : scope;
  // Another kubeconfig or context means another cluster, so the endpoint no longer applies.
  const isOther = kubeconfig !== undefined || context !== undefined;
  return {
    ...config,
    ...(isOther && { endpoint: undefined, token: undefined, certAuthFilePath: undefined, context }),
    ...(kubeconfig !== undefined && { kubeconfig: own.kubeconfig }),
    crd: among(config.crd),
    ingress: among(config.ingress),
    gateway: among(config.gateway),
  };
}
