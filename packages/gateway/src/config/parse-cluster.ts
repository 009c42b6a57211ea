import type { z } from 'zod';
import { Secret } from '@grantgate/middleware/base/secret';
import type { KubernetesProviderConfig } from './install.ts';
import type {
  kubernetesGatewaySchema,
  kubernetesIngressSchema,
  kubernetesSchema,
} from './kubernetes-schema.ts';
import { type LocalReferences, parseAllowedReference } from './local-references.ts';

/** The providers of one cluster, as written. */
export interface ClusterProviders {
  readonly kubernetesCRD?: z.output<typeof kubernetesSchema> | undefined;
  readonly kubernetesIngress?: z.output<typeof kubernetesIngressSchema> | undefined;
  readonly kubernetesGateway?: z.output<typeof kubernetesGatewaySchema> | undefined;
}

const providerNames = ['kubernetesCRD', 'kubernetesIngress', 'kubernetesGateway'] as const;

/** Options that select the cluster. */
const accessNames = ['endpoint', 'token', 'certAuthFilePath', 'kubeconfig', 'context'] as const;

/** An option that selects another cluster than an earlier provider. */
export interface ClusterConflict {
  readonly path: readonly string[];
  readonly message: string;
}

/** All providers use one API server: a provider may repeat its access options, or omit them. */
export function findClusterConflicts(providers: ClusterProviders): readonly ClusterConflict[] {
  return accessNames.flatMap((option) => {
    const written = providerNames.filter((name) => providers[name]?.[option] !== undefined);
    const [first, ...others] = written;
    return others
      .filter((name) => first !== undefined && providers[name]?.[option] !== providers[first]?.[option])
      .map((name) => ({
        path: ['providers', name, option],
        message: `expected the value of providers.${first ?? ''}.${option}: all providers of Kubernetes read one cluster`,
      }));
  });
}

/** The cluster to read, with the kinds of routes; `at` resolves a path against the folder of the file. */
export function toKubernetes(
  providers: ClusterProviders,
  at: (path: string) => string,
): KubernetesProviderConfig | undefined {
  const all = providerNames.flatMap((name) => providers[name] ?? []);
  if (all.length === 0) return undefined;
  const first = <K extends (typeof accessNames)[number]>(name: K) =>
    all.map((options) => options[name]).find((value) => value !== undefined);
  const absolute = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : at(path);
  const token = first('token');
  return Object.freeze({
    endpoint: first('endpoint'),
    token: token === undefined ? undefined : new Secret(token),
    certAuthFilePath: absolute(first('certAuthFilePath')),
    kubeconfig: absolute(first('kubeconfig')),
    context: first('context'),
    qps: Math.max(...all.map(({ qps }) => qps)),
    burst: Math.max(...all.map(({ burst }) => burst)),
    secretsThreshold: Math.max(...all.map(({ secretsThreshold }) => secretsThreshold)),
    throttleMs: Math.max(...all.map(({ throttleDuration }) => throttleDuration)),
    crd: toCustomResources(providers.kubernetesCRD),
    ingress: toIngress(providers.kubernetesIngress),
    gateway: toGatewayApi(providers.kubernetesGateway),
  });
}

function toCustomResources(options: ClusterProviders['kubernetesCRD']): KubernetesProviderConfig['crd'] {
  return (
    options &&
    Object.freeze({
      ...toScope(options),
      ingressClass: options.ingressClass,
      allowCrossNamespace: options.allowCrossNamespace,
      allowExternalNameServices: options.allowExternalNameServices,
      defaultTlsNamespace: options.defaultTLSResourcesNamespace,
      localReferences: toLocalReferences(
        'providers.kubernetesCRD.allowLocalReferences',
        options.allowLocalReferences,
      ),
    })
  );
}

function toIngress(options: ClusterProviders['kubernetesIngress']): KubernetesProviderConfig['ingress'] {
  return (
    options &&
    Object.freeze({
      ...toScope(options),
      ingressClass: options.ingressClass,
      readsClasses: !options.disableIngressClassLookup,
      allowCrossNamespace: options.allowCrossNamespace,
      allowExternalNameServices: options.allowExternalNameServices,
      strictPrefixMatching: options.strictPrefixMatching,
    })
  );
}

const toGatewayApi = (options: ClusterProviders['kubernetesGateway']): KubernetesProviderConfig['gateway'] =>
  options && Object.freeze(toScope(options));

const toScope = ({
  namespaces,
  labelSelector,
}: {
  readonly namespaces: readonly string[];
  readonly labelSelector: string;
}) => ({ namespaces: Object.freeze([...new Set(namespaces)]), labelSelector });

export function toLocalReferences(option: string, written: readonly string[]): LocalReferences {
  return Object.freeze({
    option,
    allowed: Object.freeze(written.flatMap((text) => parseAllowedReference(text) ?? [])),
  });
}
