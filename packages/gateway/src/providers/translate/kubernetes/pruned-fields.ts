import type { Problem } from '../../../config/place.ts';
import { createProblem } from '../../../config/problem.ts';
import type { KubernetesObject } from './objects.ts';

/** Fields that were applied, but dropped by the API server; they may have restricted access. */
export const findPruned = ({ kind, source: { document } }: KubernetesObject): readonly Problem[] =>
  (document.pruned ?? []).map((path) =>
    createProblem(document, path, {
      code: 'pruned_field',
      message: `was applied, but the API server dropped it because the definition of ${kind} does not declare it: correct the name and apply again`,
    }),
  );
