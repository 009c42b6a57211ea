import { createHash } from 'node:crypto';
import type { Origin } from '../../../config/document.ts';

/** Kind of objects from which an entry is derived, in Traefik's names. */
export type ProviderName = 'kubernetescrd' | 'kubernetes' | 'kubernetesgateway';

/** Name of the TLS options and the store that apply by default. */
export const defaultTlsName = 'default';

const provider = '@kubernetescrd';

/** `namespace-name@kubernetescrd`; as in Traefik, every character other than letters and digits becomes `-`. */
export const toQualifiedName = (...parts: readonly string[]): string =>
  toProviderName('kubernetescrd', ...parts);

/** The same for another provider. */
export function toProviderName(of: ProviderName, ...parts: readonly string[]): string {
  return `${parts
    .join('-')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => part !== '')
    .join('-')}@${of}`;
}

/** True for the name of an entry that was derived from objects. */
export const isOfKubernetes = (name: string): boolean => /@kubernetes(?:crd|gateway)?$/.test(name);

/** A route has no name: as in Traefik, it is named after its `IngressRoute` and the beginning of its rule's hash. */
export function toRouterName(namespace: string, ingressRoute: string, match: string): string {
  const hash = createHash('sha256').update(match).digest('hex').slice(0, 20);
  return toQualifiedName(namespace, ingressRoute, hash);
}

export type ReferenceResult =
  | {
      readonly name: string;
      /** `namespace/name` of the referenced object; undefined for another provider and for a qualified name. */
      readonly object: string | undefined;
      readonly fault?: undefined;
    }
  | { readonly name?: undefined; readonly fault: string };

/**
 * The qualified name for a reference to an object of a kind, as in Traefik: an object of the same namespace, or with
 * `allowCrossNamespace` of any namespace, or one by its qualified name.
 */
export function resolveReference(
  kind: 'Middleware' | 'TLSOption' | 'ServersTransport' | 'TraefikService',
  reference: { readonly name: string; readonly namespace?: string | undefined },
  namespace: string,
  { allowCrossNamespace }: Origin,
): ReferenceResult {
  const { name } = reference;
  if (name.includes('@')) {
    // A name with this provider may contain a namespace: `other-name@kubernetescrd`.
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
