import { createHash } from 'node:crypto';
import type { Origin } from '../../../config/document.ts';

/** Which kind of objects an entry is made of; Traefik's names. */
export type ProviderName = 'kubernetescrd' | 'kubernetes' | 'kubernetesgateway';

/** Name of the TLS options and the store that hold where no others are named. */
export const defaultTlsName = 'default';

const provider = '@kubernetescrd';

/** `namespace-name@kubernetescrd`, other characters than letters and digits as `-`, as Traefik names it. */
export const toQualifiedName = (...parts: readonly string[]): string =>
  toProviderName('kubernetescrd', ...parts);

/** The same, of another provider. */
export function toProviderName(of: ProviderName, ...parts: readonly string[]): string {
  return `${parts
    .join('-')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => part !== '')
    .join('-')}@${of}`;
}

/** True for the name of an entry that is made of objects. */
export const isOfKubernetes = (name: string): boolean => /@kubernetes(?:crd|gateway)?$/.test(name);

/** A route has no name of its own: as in Traefik, it is that of its `IngressRoute` with the beginning of its rule's hash. */
export function toRouterName(namespace: string, ingressRoute: string, match: string): string {
  const hash = createHash('sha256').update(match).digest('hex').slice(0, 20);
  return toQualifiedName(namespace, ingressRoute, hash);
}

export type ReferenceResult =
  | {
      readonly name: string;
      /** `namespace/name` of the object that is meant; undefined for one of another provider or by its qualified name. */
      readonly object: string | undefined;
      readonly fault?: undefined;
    }
  | { readonly name?: undefined; readonly fault: string };

/**
 * The qualified name that a reference to an object of a kind means, as Traefik reads it: an object of the same namespace, or with
 * `allowCrossNamespace` of any, or one by its qualified name.
 */
export function resolveReference(
  kind: 'Middleware' | 'TLSOption' | 'ServersTransport' | 'TraefikService',
  reference: { readonly name: string; readonly namespace?: string | undefined },
  namespace: string,
  { allowCrossNamespace }: Origin,
): ReferenceResult {
  const { name } = reference;
  if (name.includes('@')) {
    // A name with this provider may hide a namespace: `other-name@kubernetescrd`.
    return !allowCrossNamespace && name.toLowerCase().endsWith(provider)
      ? { fault: `${name} could cross namespaces: name the ${kind} without ${provider}` }
      : { name, object: undefined };
  }
  const own = reference.namespace ?? namespace;
  if (own !== namespace && !allowCrossNamespace)
    return {
      fault: `the ${kind} ${own}/${name} is not in the namespace ${namespace} of the object that refers to it`,
    };
  return { name: toQualifiedName(own, name), object: `${own}/${name}` };
}
