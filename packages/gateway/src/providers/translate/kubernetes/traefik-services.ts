import type { Path } from '../../../config/path.ts';
import { createProblem, errorsOf } from '../../../config/problem.ts';
import type { OtherNames } from '../../../config/read.ts';
import { readObject } from '../../../config/read.ts';
import { isMapping, valueAt } from '../../../config/path.ts';
import type { Draft } from '../draft.ts';
import { unsupportedTraefikServiceNames } from '../other-names.ts';
import { toSticky } from '../service-schema.ts';
import { toQualifiedName } from './names.ts';
import type { KubernetesObject } from './objects.ts';
import { findPruned } from './pruned-fields.ts';
import { traefikServiceSchema } from './schemas.ts';
import type { ServiceTarget, Targets } from './targets.ts';
import { readTarget } from './targets.ts';

const others: OtherNames = { unsupported: unsupportedTraefikServiceNames };

const types = ['weighted', 'highestRandomWeight', 'failover'] as const;

/** Reads a TraefikService. @returns its targets, which `addServices` adds under its name. */
export function addTraefikService(draft: Draft, object: KubernetesObject): Targets {
  const { namespace, source } = object;
  const { document } = source;
  const { value, problems, writtenPath } = readObject(traefikServiceSchema, source, others);
  const found = [...problems, ...findPruned(object)];
  const spec = valueAt(document.value, writtenPath(['spec']));
  const given = types.filter((type) => valueAt(document.value, writtenPath(['spec', type])) !== undefined);
  if (given.length !== 1 && isMapping(spec) && errorsOf(found).length === 0)
    found.push(
      createProblem(document, writtenPath(['spec']), {
        code: 'invalid_value',
        message: `expected exactly one of ${types.join(', ')}`,
        part: 'key',
      }),
    );
  const [type = 'weighted'] = given;
  const targets: ServiceTarget[] = [];
  for (const path of memberPaths(type, document.value, writtenPath)) {
    const { target, problems: inner } = readTarget({ document, path });
    found.push(...inner);
    if (target !== undefined) targets.push(target);
  }
  draft.problems.push(...found);
  const name = toQualifiedName(namespace, object.name);
  const sticky = toSticky(value.spec?.weighted?.sticky, name);
  return { router: name, targets, composed: { type, sticky, errors: errorsOf(found) } };
}

/** Path of the services that it consists of. */
function memberPaths(
  type: (typeof types)[number],
  document: unknown,
  writtenPath: (path: readonly PropertyKey[]) => Path,
): readonly Path[] {
  if (type === 'failover')
    return ['service', 'fallback']
      .map((member) => writtenPath(['spec', type, member]))
      .filter((path) => isMapping(valueAt(document, path)));
  const at = writtenPath(['spec', type, 'services']);
  const written = valueAt(document, at);
  return Array.from((Array.isArray(written) ? written : []).keys(), (index) => [...at, index]);
}
