import type { Refusal } from '../middlewares/refusal.ts';
import { gatewayRefusals, toBrokenRoute } from '../pipeline/refusals.ts';
import type { StepChain } from '../snapshot/snapshot.ts';

/** For a middleware that is broken; undefined for one that is not. */
export const refuseBroken = ({ broken, routerName }: StepChain): Refusal | undefined =>
  broken === undefined ? undefined : toBrokenRoute(broken, routerName);

/** For a name that no middleware has; undefined: the proxy named none. */
export function refuseUnknown(name: string | undefined): Refusal {
  const { middleware_unknown: refusal } = gatewayRefusals;
  return name === undefined || name === ''
    ? refusal
    : { ...refusal, reason: `there is no middleware ${shorten(name)}` };
}

/** Any client of the entry point can choose it: it is no label of a metric, and its length is limited. The log escapes it. */
const shorten = (name: string): string =>
  name.length <= maxName ? name : `${name.slice(0, maxName - 3)}...`;

/** More than a name of Kubernetes, with its namespace, can have. */
const maxName = 600;
