import type { KeptObject } from './documents.ts';
import { isLasting } from './fault.ts';
import type { Reflector, ReflectorOptions } from './reflector.ts';
import type { Selection } from './selection.ts';

/** A copy of some objects of a cluster, which follows it. */
export interface Copy {
  readonly selection: Selection;
  readonly reflector: Reflector<KeptObject>;
}

export type OpenCopy = (
  selection: Selection,
  options?: Pick<ReflectorOptions<KeptObject>, 'believeAfter'> & {
    /** Of the selected objects, those that are kept, by `namespace/name`; default all. */
    readonly only?: ReadonlySet<string>;
  },
) => Copy;

/** True when it has been read, or is refused so that waiting does not help. */
export function isSettled({ reflector }: Copy): boolean {
  const fault = reflector.fault();
  return reflector.isSynced() || (fault !== undefined && isLasting(fault));
}
