import type { Problem } from '../../config/place.ts';
import type { ClusterObject } from './documents.ts';
import type { ApiFault } from './fault.ts';
import { isLasting } from './fault.ts';
import { toFaultProblem } from './fault-problem.ts';
import type { Reflector, ReflectorOptions } from './reflector.ts';
import type { Selection } from './selection.ts';
import { describeSelection } from './selection.ts';

/** A copy of some objects of a cluster that follows changes. */
export interface Copy {
  readonly selection: Selection;
  readonly reflector: Reflector<ClusterObject>;
}

export type OpenCopy = (
  selection: Selection,
  options?: Pick<ReflectorOptions<ClusterObject>, 'believeAfter'> & {
    /** Selects the objects to keep, by `namespace/name`; default all. */
    readonly only?: ReadonlySet<string>;
  },
) => Copy;

/** True once it has been read, or is refused in a way that waiting does not change. */
export function isSettled({ reflector }: Copy): boolean {
  const fault = reflector.fault();
  return reflector.isSynced() || (fault !== undefined && isLasting(fault));
}

/** True once it has been read, or the gateway works without it. */
export const isReadOrAbsent = (copy: Copy): boolean =>
  copy.reflector.isSynced() || (copy.selection.optional === true && isSettled(copy));

/** The reason why the API server is unavailable; undefined while it is available. */
export function findOutage(copies: readonly Copy[]): ApiFault | undefined {
  return copies
    .map(({ reflector }) => reflector.fault())
    .find((fault) => fault !== undefined && !isLasting(fault));
}

/** Reasons why the copies are incomplete. */
export function findProblems(copies: readonly Copy[]): readonly Problem[] {
  return copies.flatMap(({ selection, reflector }) => {
    const fault = reflector.fault();
    // If a kind is not installed, no object of it is missing.
    if (selection.optional === true && fault?.kind === 'not_found') return [];
    // A connection fault belongs into the log; objects that were read before stay.
    return fault !== undefined && (isLasting(fault) || !reflector.isSynced())
      ? [toFaultProblem(selection, fault)]
      : [];
  });
}

/** The resources that have not been read, and the reason: `the Services of all namespaces: Unauthorized (401)`. */
export function describeUnread(copies: readonly Copy[]): readonly string[] {
  return copies
    .filter((copy) => !isReadOrAbsent(copy))
    .map(({ selection, reflector }) => {
      const fault = reflector.fault();
      return `${describeSelection(selection)}${fault === undefined ? '' : `: ${fault.message}`}`;
    });
}
