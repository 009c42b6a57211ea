import { errorsOf } from '../../../config/problem.ts';
import type { OtherNames } from '../../../config/read.ts';
import { readObject } from '../../../config/read.ts';
import { valueAt } from '../../../config/path.ts';
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

/** Reads a TraefikService. @returns what it leads to, which `addServices` adds under its name. */
export function addTraefikService(draft: Draft, object: KubernetesObject): Targets {
  const { namespace, source } = object;
  const { document } = source;
  const { value, problems, writtenPath } = readObject(traefikServiceSchema, source, others);
  const found = [...problems, ...findPruned(object)];
  const targets: ServiceTarget[] = [];
  const at = writtenPath(['spec', 'weighted', 'services']);
  const written = valueAt(document.value, at);
  for (const index of (Array.isArray(written) ? written : []).keys()) {
    const { target, problems: inner } = readTarget({ document, path: [...at, index] });
    found.push(...inner);
    if (target !== undefined) targets.push(target);
  }
  draft.problems.push(...found);
  const name = toQualifiedName(namespace, object.name);
  return {
    router: name,
    targets,
    weighted: { sticky: toSticky(value.spec?.weighted.sticky, name), errors: errorsOf(found) },
  };
}
