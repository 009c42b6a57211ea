import type { Problem } from '../../../config/place.ts';
import { createProblem } from '../../../config/problem.ts';
import type { KubernetesObject } from './objects.ts';

/** Fields that were applied and that the API server dropped: they may have said who may pass. */
export const findPruned = ({ kind, source: { document } }: KubernetesObject): readonly Problem[] =>
  (document.pruned ?? []).map((path) =>
    createProblem(document, path, {
      code: 'pruned_field',
      message: `was applied, but the API server dropped it because the definition of ${kind} does not declare it: correct the name and apply again`,
    }),
  );
