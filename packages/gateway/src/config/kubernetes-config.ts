import type { z } from 'zod';
import { Secret } from '@grantgate/middleware/base/secret';
import type { OptionsOf } from '@grantgate/middleware/options/options-of';
import {
  accessFields,
  limitFields,
  type kubernetesGatewaySchema,
  type kubernetesIngressSchema,
  type kubernetesSchema,
} from './kubernetes-schema.ts';
import { toLocalReferences } from './local-references.ts';

/** The providers of one cluster, as written. */
export interface ClusterProviders {
  readonly kubernetesCRD?: z.output<typeof kubernetesSchema> | undefined;
  readonly kubernetesIngress?: z.output<typeof kubernetesIngressSchema> | undefined;
  readonly kubernetesGateway?: z.output<typeof kubernetesGatewaySchema> | undefined;
}

const providerNames = ['kubernetesCRD', 'kubernetesIngress', 'kubernetesGateway'] as const;

type ClusterOptions = NonNullable<ClusterProviders[keyof ClusterProviders]>;

type AccessName = keyof typeof accessFields;
const accessNames = Object.keys(accessFields) as AccessName[];

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

/** The options of one kind, without those of the cluster, such as the token. */
const toOwnOptions = <T extends ClusterOptions>(options: T) =>
  ({
    ...Object.fromEntries(
      Object.entries(options).filter(([name]) => !(name in accessFields || name in limitFields)),
    ),
    namespaces: [...new Set(options.namespaces)],
  }) as Omit<T, keyof typeof accessFields | keyof typeof limitFields>;

/** The cluster to read, with the kinds of routes. @param at makes paths absolute. */
export function toKubernetes(
  { kubernetesCRD, kubernetesIngress, kubernetesGateway }: ClusterProviders,
  at: (path: string) => string,
) {
  const all = [kubernetesCRD, kubernetesIngress, kubernetesGateway].filter(
    (options) => options !== undefined,
  );
  if (all.length === 0) return undefined;
  const first = <K extends AccessName>(name: K) =>
    all.map((options) => options[name]).find((value) => value !== undefined);
  const absolute = (path: string | undefined): string | undefined => path && at(path);
  const token = first('token');
  return {
    endpoint: first('endpoint'),
    /** For `endpoint`: the token itself, or a reference to it. */
    token: token === undefined ? undefined : new Secret(token),
    certAuthFilePath: absolute(first('certAuthFilePath')),
    kubeconfig: absolute(first('kubeconfig')),
    context: first('context'),
    qps: Math.max(...all.map(({ qps }) => qps)),
    burst: Math.max(...all.map(({ burst }) => burst)),
    secretsThreshold: Math.max(...all.map(({ secretsThreshold }) => secretsThreshold)),
    throttleMs: Math.max(...all.map(({ throttleDuration }) => throttleDuration)),
    /** IngressRoutes and Middlewares of Traefik; undefined: none. */
    crd: kubernetesCRD && toCustomResources(kubernetesCRD),
    /** Undefined: no Ingresses. */
    ingress: kubernetesIngress && toIngress(kubernetesIngress),
    /** Gateways and HTTPRoutes; undefined: none. */
    gateway: kubernetesGateway && toOwnOptions(kubernetesGateway),
  };
}

function toCustomResources(written: NonNullable<ClusterProviders['kubernetesCRD']>) {
  const { defaultTLSResourcesNamespace, allowLocalReferences, ...options } = toOwnOptions(written);
  return {
    ...options,
    defaultTlsNamespace: defaultTLSResourcesNamespace,
    localReferences: toLocalReferences('providers.kubernetesCRD.allowLocalReferences', allowLocalReferences),
  };
}

function toIngress(written: NonNullable<ClusterProviders['kubernetesIngress']>) {
  const { disableIngressClassLookup, ...options } = toOwnOptions(written);
  return { ...options, readsClasses: !disableIngressClassLookup };
}

/** A cluster, and the kinds of routes to read from it; the schemas describe the options. */
export type KubernetesProviderConfig = NonNullable<OptionsOf<ReturnType<typeof toKubernetes>>>;

/** Objects of one kind of routes; no namespaces: those of the whole cluster. */
export type ObjectScope = NonNullable<KubernetesProviderConfig['gateway']>;
