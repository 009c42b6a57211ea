import type {
  DynamicConfiguration,
  MiddlewareConfig,
  RouterConfig,
  ServiceConfig,
} from '../../config/dynamic.ts';
import type { Problem } from '../../config/place.ts';
import { sortProblems } from '../../config/problem.ts';
import type { Draft } from './draft.ts';
import { checkReferences } from './references.ts';

/** Checks what refers to what; problems stand in the order of their places. */
export function finishDraft(draft: Draft): DynamicConfiguration {
  for (const { in: owner, problem } of checkReferences(draft)) {
    draft.problems.push(problem);
    breakEntry<RouterConfig | ServiceConfig | MiddlewareConfig>(draft[owner.kind], owner.name, problem);
  }
  return Object.freeze({
    routers: draft.routers,
    services: draft.services,
    middlewares: draft.middlewares,
    secrets: draft.secrets,
    unreadSecrets: draft.unreadSecrets,
    problems: Object.freeze(sortProblems(draft.problems)),
  });
}

function breakEntry<T extends RouterConfig | ServiceConfig | MiddlewareConfig>(
  entries: Map<string, T>,
  name: string,
  problem: Problem,
): void {
  const entry = entries.get(name);
  if (entry !== undefined) entries.set(name, Object.freeze({ ...entry, errors: [...entry.errors, problem] }));
}
