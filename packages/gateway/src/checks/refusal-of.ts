import { gatewayRefusals, toBrokenRoute, type Refusal } from '../pipeline/refusals.ts';
import type { Check } from '../snapshot/snapshot.ts';

/** Why a middleware cannot be asked; undefined for one that can. */
export function refusalOf(check: Check | undefined): Refusal | undefined {
  if (check === undefined) return gatewayRefusals.middleware_unknown;
  return check.broken === undefined ? undefined : toBrokenRoute(check.broken, check.routerName);
}
