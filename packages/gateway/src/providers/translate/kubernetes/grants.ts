import type { z } from 'zod';
import type { referenceGrantSchema } from './gateway-schemas.ts';

export const gatewayGroup = 'gateway.networking.k8s.io';

/** Permissions to refer to objects of a namespace. */
export type ReferenceGrant = z.output<typeof referenceGrantSchema>['spec'];

/** Whether an object of Gateway API of one namespace may refer to an object of the core group in another. */
export function isGranted(
  grants: readonly ReferenceGrant[] | undefined,
  from: { readonly kind: 'HTTPRoute' | 'Gateway'; readonly namespace: string },
  to: { readonly kind: 'Service' | 'Secret'; readonly name: string },
): boolean {
  return (grants ?? []).some(
    (grant) =>
      grant.from.some(
        ({ group, kind, namespace }) =>
          group === gatewayGroup && kind === from.kind && namespace === from.namespace,
      ) &&
      grant.to.some(
        ({ group, kind, name }) =>
          group === '' && kind === to.kind && (name === undefined || name === to.name),
      ),
  );
}
