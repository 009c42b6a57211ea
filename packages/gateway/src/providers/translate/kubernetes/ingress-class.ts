import { valueAt } from '../../../config/path.ts';

export const classAnnotation = 'kubernetes.io/ingress.class';

/** Controllers of IngressClasses that are served: the gateway replaces Traefik. */
const controllers: ReadonlySet<unknown> = new Set([
  'grantgate.dev/ingress-controller',
  'traefik.io/ingress-controller',
]);

/** True for an IngressClass whose Ingresses are served. */
export const isOwnIngressClass = (ingressClass: unknown): boolean =>
  controllers.has(valueAt(ingressClass, ['spec', 'controller']));

/** The class that an Ingress names: an IngressClass, the class of the annotation, or none. */
export function ingressClassOf(ingress: unknown): { readonly name: string; readonly isAnnotation: boolean } {
  const name = valueAt(ingress, ['spec', 'ingressClassName']);
  if (typeof name === 'string') return { name, isAnnotation: false };
  const annotation = valueAt(ingress, ['metadata', 'annotations', classAnnotation]);
  return { name: typeof annotation === 'string' ? annotation : '', isAnnotation: true };
}

/**
 * Whether an Ingress is served, by the rules of Traefik 3.7.
 *
 * @param wanted `ingressClass` of the provider; empty: every class that is served, no class, and `traefik`.
 * @param classes names of the IngressClasses that are served.
 */
export function isOfIngressClass(ingress: unknown, wanted: string, classes: ReadonlySet<string>): boolean {
  const { name, isAnnotation } = ingressClassOf(ingress);
  if (!isAnnotation) return classes.has(name) && (wanted === '' || name === wanted);
  return name === wanted || (wanted === '' && name === 'traefik');
}
