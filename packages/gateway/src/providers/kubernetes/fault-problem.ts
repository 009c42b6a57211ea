import type { Problem } from '../../config/place.ts';
import { placeOf } from './documents.ts';
import type { ApiFault } from './fault.ts';
import { isLasting } from './fault.ts';
import { toApiVersion } from './resources.ts';
import type { Selection } from './selection.ts';
import { describeSelection } from './selection.ts';

/** The problem of a configuration whose selection cannot be read. */
export function toFaultProblem(selection: Selection, fault: ApiFault): Problem {
  const { resource, namespace = '*', name = '*' } = selection;
  const what = describeSelection(selection);
  const isAbsent = selection.optional === true && isLasting(fault);
  const report = (code: string, message: string): Problem => ({
    severity: isAbsent ? 'warning' : 'error',
    place: placeOf({ kind: resource.kind, namespace, name }),
    code,
    path: '',
    message,
  });
  if (fault.kind === 'forbidden') return report('forbidden', `${what} cannot be read: ${fault.message}`);
  if (fault.kind === 'not_found')
    return report(
      'not_installed',
      `${what} cannot be read: the kind ${resource.kind} of ${toApiVersion(resource)} is not installed`,
    );
  return report('cluster_unavailable', `${what} cannot be read: ${fault.message}`);
}
