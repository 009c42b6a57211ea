import type { Refusal } from '../middlewares/refusal.ts';
import { gatewayRefusals, toBrokenRoute } from '../pipeline/refusals.ts';
import type { StepChain } from '../snapshot/snapshot.ts';

/** The refusal for a broken middleware; undefined for a valid one. */
export const refuseBroken = ({ broken, routerName }: StepChain): Refusal | undefined =>
  broken === undefined ? undefined : toBrokenRoute(broken, routerName);

/** The refusal for an unknown name; undefined: the proxy named none. */
export function refuseUnknown(name: string | undefined): Refusal {
  const { middleware_unknown: refusal } = gatewayRefusals;
  return name === undefined || name === ''
    ? refusal
    : { ...refusal, reason: `there is no middleware ${shorten(name)}` };
}

/**
 * Any client of the entry point can choose the name, so it is not a label of a metric, and its length is limited. The log escapes
 * it.
 */
const shorten = (name: string): string =>
  name.length <= maxName ? name : `${name.slice(0, maxName - 3)}...`;

/** Longer than any name of Kubernetes with its namespace. */
const maxName = 600;
