import type { FailoverConfig, ServiceConfig } from '../../config/dynamic.ts';
import type { Problem } from '../../config/place.ts';
import { isOfKubernetes } from './kubernetes/names.ts';

/** Services with a fallback that is never reached, because the other service is always healthy. Traefik refuses them, too. */
export function findUnusedFallbacks(
  services: ReadonlyMap<string, ServiceConfig>,
): readonly { readonly owner: FailoverConfig; readonly problem: Problem }[] {
  return [...services.values()].flatMap((owner) => {
    if (owner.kind !== 'failover' || owner.errors.length > 0) return [];
    if (canBeUnhealthy(services, owner.service, new Set())) return [];
    const { place, name: path, service } = owner;
    const message = `the fallback would never be used: ${service} has no healthCheck`;
    return [{ owner, problem: { severity: 'error', place, code: 'missing_option', path, message } as const }];
  });
}

/** @param seen names on the path so far; a cycle is reported elsewhere. */
function canBeUnhealthy(
  services: ReadonlyMap<string, ServiceConfig>,
  name: string,
  seen: Set<string>,
): boolean {
  const service = services.get(name);
  // A missing or broken service is reported as such.
  if (service === undefined || service.errors.length > 0 || seen.has(name)) return true;
  seen.add(name);
  const reaches = (child: string): boolean => canBeUnhealthy(services, child, seen);
  switch (service.kind) {
    case 'failover':
      return reaches(service.service) || reaches(service.fallback);
    case 'weighted':
      return service.services.some((child) => reaches(child.name));
    case 'loadBalancer':
      return (
        service.healthCheck !== undefined ||
        service.passiveHealthCheck !== undefined ||
        // A Service can lose its endpoints.
        isOfKubernetes(name)
      );
  }
}
